// Push messages on and off in this browser, on the page of channels.
(() => {
  const box = document.querySelector('[data-push]');
  if (!box) return;
  const key = box.dataset.push;
  const show = (state) => box.querySelectorAll('[data-state]').forEach((el) => { el.hidden = el.dataset.state !== state; });
  const bytes = (s) => Uint8Array.from(atob(s.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
  const text = (b) => btoa(String.fromCharCode(...new Uint8Array(b))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const send = async (url, values) => {
    const res = await fetch(url, { method: 'POST', body: new URLSearchParams(values) });
    if (!res.ok) throw new Error(res.status);
  };
  // mark is how the list knows this browser without telling its address.
  const mark = async (sub) => text(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(sub.endpoint))).slice(0, 16);
  const row = async (sub) => sub && box.querySelector(`[data-browser="${await mark(sub)}"]`);

  const worker = async () => {
    await navigator.serviceWorker.register('/sw.js', { scope: '/' });
    return navigator.serviceWorker.ready;
  };

  const look = async () => {
    if (Notification.permission === 'denied') return show('denied');
    const reg = await navigator.serviceWorker.getRegistration('/');
    const mine = await row(reg && await reg.pushManager.getSubscription());
    if (mine) mine.querySelector('[data-here]').hidden = false;
    show(mine ? 'on' : 'off');
  };

  const turnOn = async () => {
    show('wait');
    if (await Notification.requestPermission() !== 'granted') return look();
    const reg = await worker();
    let sub = await reg.pushManager.getSubscription();
    if (sub && text(sub.options.applicationServerKey) !== key) { // of an older key
      await sub.unsubscribe();
      sub = null;
    }
    sub = sub || await reg.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
    const k = sub.toJSON();
    await send('/account/push', { endpoint: k.endpoint, p256dh: k.keys.p256dh, auth: k.keys.auth, key });
    location.reload();
  };

  const turnOff = async () => {
    show('wait');
    const reg = await navigator.serviceWorker.getRegistration('/');
    const sub = reg && await reg.pushManager.getSubscription();
    if (sub) {
      await send('/account/push/off', { endpoint: sub.endpoint });
      await sub.unsubscribe();
    }
    location.reload();
  };

  const failed = () => show('failed');
  if (!('serviceWorker' in navigator && 'PushManager' in window && 'Notification' in window && isSecureContext)) {
    show('missing');
    return;
  }
  box.addEventListener('click', (e) => {
    const b = e.target.closest('[data-do]');
    if (b) (b.dataset.do === 'on' ? turnOn() : turnOff()).catch(failed);
  });
  look().catch(failed);
})();

// What the browser does when no page is open: it shows what it was sent, says
// that it did, and opens the right page at a tap.
const here = (path) => {
  const url = new URL(path || '/', self.location.origin);
  return url.origin === self.location.origin ? url.href : self.location.origin + '/';
};
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// seen reports a message as shown. A phone that has just woken up may need a
// moment for its network.
const seen = async (token) => {
  for (const wait of [0, 2000, 8000]) {
    await pause(wait);
    try {
      const res = await fetch('/push/seen', { method: 'POST', body: new URLSearchParams({ token }), credentials: 'omit' });
      if (res.status < 500) return;
    } catch { /* try again */ }
  }
};

const show = async (m) => {
  const acts = (m.actions || []).slice(0, 2);
  await self.registration.showNotification(m.title || 'Kierto', {
    body: m.body || '', lang: m.lang || '', icon: '/static/apple-touch-icon.png', tag: m.tag || 'kierto', renotify: true,
    actions: acts.map((a, i) => ({ action: String(i), title: a.title })),
    data: { url: m.url || '/', acts: acts.map((a) => a.url) },
  });
  if (m.token) await seen(m.token);
};

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (e) => e.waitUntil(self.clients.claim()));

self.addEventListener('push', (e) => {
  let m = {};
  try { m = e.data.json() || {}; } catch { /* shown without words */ }
  e.waitUntil(show(m));
});

self.addEventListener('notificationclick', (e) => {
  e.notification.close();
  const { url: main, acts } = e.notification.data || {};
  const url = here((e.action && acts && acts[Number(e.action)]) || main);
  e.waitUntil((async () => {
    for (const c of await self.clients.matchAll({ type: 'window' })) {
      if (c.url === url && 'focus' in c) return c.focus();
    }
    return self.clients.openWindow(url);
  })());
});

// The push service gave the browser another address: it is told to us for whoever
// is signed in here.
self.addEventListener('pushsubscriptionchange', (e) => {
  e.waitUntil((async () => {
    const old = e.oldSubscription;
    const sub = e.newSubscription || (old && await self.registration.pushManager.subscribe(old.options));
    if (!sub) return;
    const key = new Uint8Array(sub.options.applicationServerKey);
    const k = sub.toJSON();
    const body = new URLSearchParams({
      endpoint: k.endpoint, p256dh: k.keys.p256dh, auth: k.keys.auth,
      key: btoa(String.fromCharCode(...key)).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, ''),
      old: old ? old.endpoint : '',
    });
    await fetch('/account/push', { method: 'POST', body });
  })());
});

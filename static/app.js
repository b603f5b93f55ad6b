// Every page works without this; it makes some things smoother.
(() => {
  const $ = (s, e = document) => e.querySelector(s), $$ = (s, e = document) => [...e.querySelectorAll(s)];
  const on = (type, selector, act) => document.addEventListener(type, (e) => {
    const t = e.target.closest && e.target.closest(selector);
    if (t) act(t, e);
  });

  // A form is sent once, however often its button is pressed.
  document.addEventListener('submit', (e) => {
    const f = e.target;
    if (e.defaultPrevented || f.method !== 'post') return;
    if (f.dataset.sent) { e.preventDefault(); return; }
    f.dataset.sent = '1';
    f.setAttribute('aria-busy', 'true');
  });
  addEventListener('pageshow', () => $$('form[data-sent]').forEach((f) => {
    delete f.dataset.sent;
    f.removeAttribute('aria-busy');
  }));

  // The errors of a form are read first.
  const summary = $('.summary[tabindex]');
  if (summary) summary.focus();

  // Of a navigation that scrolls, the place where one is can be seen.
  const here = $('.desknav [aria-current]');
  if (here) here.parentNode.scrollLeft = here.offsetLeft - here.parentNode.offsetLeft - here.parentNode.clientWidth / 2 + here.offsetWidth / 2;

  on('click', '[data-close]', (t) => t.closest(t.dataset.close).remove());

  // A password can be looked at while it is typed.
  on('click', '[data-show]', (t) => {
    const field = $('#' + t.dataset.show), show = field.type === 'password';
    field.type = show ? 'text' : 'password';
    [t.textContent, t.dataset.hide] = [t.dataset.hide, t.textContent];
    field.focus();
  });

  // Photos: dropping files is choosing them; dragging a photo moves it.
  on('dragover', '.drop', (t, e) => { if (!held) { e.preventDefault(); t.classList.add('over'); } });
  on('dragleave', '.drop', (t) => t.classList.remove('over'));
  on('drop', '.drop', (t, e) => {
    t.classList.remove('over');
    const input = $('input[type=file]', t);
    if (held || !input || !e.dataTransfer.files.length) return;
    e.preventDefault();
    input.files = e.dataTransfer.files;
    input.dispatchEvent(new Event('change', { bubbles: true }));
  });
  let held = null;
  on('dragstart', '[data-order] > li', (t, e) => { held = t; t.classList.add('held'); e.dataTransfer.effectAllowed = 'move'; });
  on('dragover', '[data-order] > li', (t, e) => {
    if (!held || held.parentNode !== t.parentNode) return;
    e.preventDefault();
    const r = t.getBoundingClientRect();
    t.parentNode.insertBefore(held, e.clientX > r.left + r.width / 2 ? t.nextSibling : t);
  });
  on('dragend', '[data-order] > li', (t) => {
    t.classList.remove('held');
    held = null;
    const list = t.parentNode, it = '#' + list.closest('section').id;
    if (list.dataset.order) htmx.ajax('POST', list.dataset.order, { values: { photo: $$('input[type=hidden]', list).map((i) => i.value) }, target: it, select: it, swap: 'outerHTML' });
  });
  on('change', '.write input[type=file]', (t) => {
    const out = $('.write__photo', t.closest('.writebox'));
    out.replaceChildren(...[...t.files].map((f) => {
      const img = new Image();
      img.src = URL.createObjectURL(f);
      img.alt = f.name;
      return img;
    }));
  });

  // Enter sends, Shift+Enter breaks the line; a sent message leaves the field empty.
  on('keydown', '.write textarea', (t, e) => {
    if (e.key !== 'Enter' || e.shiftKey || e.isComposing || matchMedia('(pointer: coarse)').matches) return;
    e.preventDefault();
    if (t.value.trim() || $('input[type=file]', t.form)?.files.length) t.form.requestSubmit();
  });
  document.addEventListener('htmx:afterRequest', (e) => {
    const f = e.target;
    if (!e.detail.successful || !f.matches || !f.matches('.writebox')) return;
    f.reset();
    $('.write__photo', f)?.replaceChildren();
  });

  // A live update leaves alone what somebody opened, typed or chose, and a form
  // that is being sent.
  const touched = { open: (t) => t.tagName === 'DETAILS', value: (t) => t.value !== t.defaultValue,
    checked: (t) => t.checked !== t.defaultChecked, selected: (t) => $$('option', t.closest('select')).some((o) => o.selected !== o.defaultSelected),
    'data-sent': () => true, 'aria-busy': () => true };
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, t) => !(touched[name] && t.closest('[sse-swap]') && touched[name](t));

  // The gallery says which picture is shown.
  const look = (root) => $$('.gallery', root).forEach((g) => {
    const all = $$('.gallery__main > li', g), thumbs = $$('.gallery__thumbs a', g), count = $('.gallery__count', g);
    if (all.length < 2 || g.dataset.seen) return;
    g.dataset.seen = '1';
    const seen = new IntersectionObserver((es) => es.forEach((e) => {
      if (!e.isIntersecting) return;
      const i = all.indexOf(e.target);
      if (count) count.textContent = `${i + 1} / ${all.length}`;
      thumbs.forEach((t, j) => (i === j ? t.setAttribute('aria-current', 'true') : t.removeAttribute('aria-current')));
    }), { root: $('.gallery__main', g), threshold: 0.6 });
    all.forEach((li) => seen.observe(li));
  });
  on('click', '.gallery__thumbs a', (t, e) => {
    const li = $(t.hash);
    if (!li) return;
    e.preventDefault();
    li.parentNode.scrollTo({ left: li.offsetLeft - li.parentNode.offsetLeft, behavior: 'auto' });
  });

  // Time left, by the server's clock.
  const html = document.documentElement, ahead = html.dataset.now ? Date.parse(html.dataset.now) - Date.now() : 0;
  const left = () => $$('[data-left]').forEach((t) => {
    const min = Math.max(0, Math.floor((Date.parse(t.dataset.left) - Date.now() - ahead) / 6e4));
    const [n, unit] = min >= 2880 ? [Math.floor(min / 1440), 'day'] : min >= 120 ? [Math.floor(min / 60), 'hour'] : [min, 'minute'];
    const say = new Intl.NumberFormat(html.lang, { style: 'unit', unit, unitDisplay: 'long' }).format(n);
    const text = t.dataset.words.replace('%', say);
    if (t.textContent !== text) t.textContent = text;
  });
  setInterval(left, 2e4);

  // Keys: J and K walk a list of links; [data-key] is pressed by its key.
  document.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.target.closest('input,textarea,select,[contenteditable]')) return;
    const k = e.key.toLowerCase(), links = $$('[data-walk] a[href]');
    if ((k === 'j' || k === 'k') && links.length) {
      let i = links.indexOf(document.activeElement);
      if (i < 0) i = links.findIndex((a) => a.hasAttribute('aria-current'));
      links[Math.min(links.length - 1, Math.max(0, i + (k === 'j' ? 1 : -1)))].focus();
      e.preventDefault();
      return;
    }
    const b = $$('[data-key]').find((x) => x.dataset.key === k);
    if (b) { e.preventDefault(); b.tagName === 'BUTTON' || b.href ? b.click() : b.focus(); }
  });

  document.addEventListener('htmx:load', (e) => { look(e.target); left(); });
  look(document);
})();

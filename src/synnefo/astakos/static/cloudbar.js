/* The bar that leads from service to service. A page includes this script with
   data-services and data-menu, the addresses of get_services and get_menu; data-height and
   data-color are its looks. Names come as text, never as HTML. Spec: identity 12.5. */
(() => {
  const script = document.currentScript;
  if (!script || document.querySelector('.cloudbar')) return;
  const here = new URL('../', script.src);
  const services = script.dataset.services || new URL('get_services', here).href;
  const menu = script.dataset.menu || new URL('get_menu', here).href;
  const style = document.createElement('link');
  style.rel = 'stylesheet';
  style.href = new URL('cloudbar.css', script.src).href;
  document.head.append(style);

  const bar = document.createElement('nav');
  bar.className = 'cloudbar';
  bar.setAttribute('aria-label', 'Cloud services');
  bar.style.minHeight = `${script.dataset.height || 35}px`;
  bar.style.backgroundColor = script.dataset.color || '#000000';
  const left = document.createElement('ul');
  const right = document.createElement('ul');
  bar.append(left, right);

  const safe = (address) => {
    try {
      const url = new URL(address, location.href);
      return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : '#';
    } catch {
      return '#';
    }
  };
  const add = (list, name, address, active) => {
    const link = document.createElement('a');
    link.href = safe(address);
    link.textContent = name;
    if (active) link.setAttribute('aria-current', 'page');
    const item = document.createElement('li');
    item.append(link);
    list.append(item);
  };

  let number = 0;
  const ask = (address, then) => {
    number += 1;
    const name = `cloudbar_${Date.now()}_${number}`;
    const tag = document.createElement('script');
    window[name] = (told) => {
      delete window[name];
      tag.remove();
      then(told);
    };
    const url = new URL(address, location.href);
    url.searchParams.set('callback', name);
    url.searchParams.set('location', location.href);
    tag.src = url.href;
    document.head.append(tag);
  };

  const begin = () => {
    document.body.prepend(bar);
    ask(services, (told) => {
      const shown = told.filter((one) => one.cloudbar?.show !== false && one.url);
      const active =
        shown.find((one) => location.href.startsWith(one.url)) ||
        told.find((one) => one.name === 'astakos');
      for (const one of shown) {
        add(left, one.cloudbar?.name || one.verbose_name || one.name, one.url, one === active);
      }
    });
    ask(menu, (told) => {
      for (const one of told) add(right, one.name, one.url, one.is_active);
    });
  };
  if (document.body) begin();
  else document.addEventListener('DOMContentLoaded', begin);
})();

// The pages of the shop by path. They contain the faults that the runs report.
const STYLE = `
  body { font: 15px/1.4 'DejaVu Sans', sans-serif; margin: 0; background: #f6f7f9; color: #1d2733; }
  header { background: #1f5f8b; color: #fff; padding: 8px 16px; display: flex; gap: 14px; }
  header a { color: #fff; } header b { flex: 1; }
  main { padding: 12px 16px; } h1 { font-size: 18px; margin: 0 0 8px; }
  label { display: block; margin: 4px 0; } input { font: inherit; width: 180px; margin-left: 8px; }
  button { font: inherit; background: #2b8a3e; color: #fff; border: 0; border-radius: 4px; padding: 4px 12px; }
  .card { background: #fff; border: 1px solid #cfd6de; border-radius: 6px; padding: 8px 12px; margin: 0 0 6px; }
  .row { display: flex; justify-content: space-between; align-items: center; }
  ul { padding-left: 20px; margin: 4px 0; } #hint { color: #b42318; }
`;

const page = (title, body, script = '') => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title} · Acme Shop</title><link rel="icon" href="data:,">
<style>${STYLE}</style></head>
<body><header><b>Acme Shop</b><a href="/products">Products</a><a href="/orders">Orders</a><a href="/checkout">Checkout</a></header>
<main><h1>${title}</h1>${body}</main><script>${script}</script></body></html>`;

// Pages with few words, for traces with many pictures.
const bare = (title, body, script = '') => `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${title} · Acme Shop</title><link rel="icon" href="data:,">
<style>${STYLE} body { font-size: 13px; } .card { border-radius: 0; } input { width: 90px; caret-color: transparent; } li { list-style: none; } h2 { font-size: 15px; margin: 0; } .row { width: 260px; }</style></head>
<body><header><b>Acme Shop</b></header><main><h1>${title}</h1>${body}</main><script>${script}</script></body></html>`;

const PRODUCTS = [['backpack', 'Sauce Labs Backpack', 29.99], ['bike-light', 'Bike Light', 9.99], ['onesie', 'Onesie', 9.99]];

const card = ([id, name, price]) => `<div class="card row"><span>${name} <span class="price">$${price}</span></span>
  <button data-test="add-${id}">Add to cart</button></div>`;

let isCalm = false;

exports.statuses = { '/api/orders': 500 };

exports.pages = {
  '/': () => page('Welcome', '<p>Everything for the road.</p>'),

  // The locked-out user gets no message: the error that the test waits for never appears.
  '/login': () =>
    page(
      'Sign in',
      `<form><label>User name <input id="user" autocomplete="username"></label><label>Password <input id="password" type="password" autocomplete="current-password"></label>
       <button>Sign in</button> <a href="/forgot">Forgot your password?</a></form><p id="hint" data-test="hint"></p>`,
      `document.forms[0].onsubmit = (event) => {
         event.preventDefault();
         const user = document.getElementById('user').value, password = document.getElementById('password').value;
         console.log('sign-in of', user);
         if (user === 'locked_out_user') return console.warn('sign-in refused: account is locked (E-4013), no message for it in "en"');
         if (password !== 'secret') return document.getElementById('hint').textContent = 'User name and password do not match.';
         localStorage.user = user;
         location.href = '/products';
       };`,
    ),

  // The cart ignores a click that comes too soon after another one, but only once.
  '/products/dropped': () => ((isCalm = true), ''),
  '/products': () =>
    page(
      'Products',
      `<div class="row"><label>Sort by <select><option value="name">name</option><option value="price">price</option></select></label>
       <span id="who"></span> Cart: <span data-testid="badge">0</span> <button id="out">Sign out</button></div>
       <div id="list">${PRODUCTS.map(card).join('')}</div>`,
      `if (localStorage.user) document.getElementById('who').textContent = 'Signed in as ' + localStorage.user;
       document.getElementById('out').onclick = () => { delete localStorage.user; location.href = '/login'; };
       const list = document.getElementById('list'), badge = document.querySelector('[data-testid=badge]');
       const price = (card) => Number(card.querySelector('.price').textContent.slice(1));
       document.querySelector('select').onchange = () => list.append(...[...list.children].sort((a, b) => price(a) - price(b)));
       let last = -1e9;
       list.onclick = (event) => {
         if (event.timeStamp - last < 500 && !${isCalm}) {
           fetch('/products/dropped');
           return console.warn('cart is busy: click dropped');
         }
         last = event.timeStamp;
         badge.textContent = Number(badge.textContent) + 1;
       };`,
    ),

  // Tax is rounded down, and two lines of the cart have become one.
  '/checkout': (query) =>
    page(
      'Checkout',
      query.has('empty')
        ? '<p id="hint">Your cart is empty.</p>'
        : `<div class="card"><ul id="lines"><li>1 × Sauce Labs Backpack</li><li>2 × Bike Light</li></ul>
           <div class="row"><span>Items <b id="sub">$49.97</b></span><span>Tax <b id="tax">$4.00</b></span><span>Total <b>$53.97</b></span></div></div>
           <form><label>First name <input id="name"></label><label>Postal code <input id="code"></label><button>Finish</button></form>
           <p id="hint"></p><p id="thanks"></p>`,
      `console.log('cart: 2 lines, $49.97');
       console.error('cart: line 3 (onesie) merged into line 2 (bike-light): same price');
       if (document.forms[0]) document.forms[0].onsubmit = (event) => {
         event.preventDefault();
         if (!/^\\d{5}$/.test(document.getElementById('code').value))
           return document.getElementById('hint').textContent = 'A postal code has five digits.';
         document.getElementById('thanks').textContent = 'Thank you, ' + document.getElementById('name').value + '!';
       };`,
    ),

  '/orders': () => page('Orders', '<div class="card"><a href="/orders/1042">Order 1042</a> · shipped</div>'),

  // The receipt uses up the memory of the page, so that the browser kills it: see js-flags in the configuration.
  '/orders/1042': () =>
    page(
      'Order 1042',
      `<div class="card row"><span>3 articles, $53.97 · shipped</span><a href="/orders/1042/receipt.pdf">Receipt (PDF)</a></div>`,
      `document.querySelector('main a').onclick = (event) => {
         event.preventDefault();
         console.log('receipt: rendering 1 page');
         for (const pages = []; ; ) pages.push(new Array(100000).fill(pages.length));
       };`,
    ),
  '/orders/1042/receipt.pdf': () => '%PDF-1.4\n',

  // The list of orders cannot be loaded; an older one is shown, which lacks the latest order.
  '/account': () =>
    bare(
      'Account',
      `<form><label>User name <input id="user"></label><button>Show orders</button></form><ul id="orders"></ul>`,
      `document.forms[0].onsubmit = async (event) => {
         event.preventDefault();
         console.log('orders of', document.getElementById('user').value);
         const answer = await fetch('/api/orders?latest=1042');
         if (!answer.ok) console.warn('orders: ' + answer.status + ' from the server, showing the list of yesterday');
         document.getElementById('orders').innerHTML = '<li><a href="/orders/1024">Order 1024</a></li>';
       };`,
    ),
  '/api/orders': () => '{"error": "database is read-only"}',

  // The voucher is noted but not subtracted.
  '/voucher': () =>
    bare(
      'Cart',
      `<div class="card row">Total <h2 id="total">$49.97</h2></div>
       <form><button>Redeem SPRING</button></form><p role="status"></p>`,
      `document.forms[0].onsubmit = (event) => {
         event.preventDefault();
         document.querySelector('[role=status]').textContent = 'Voucher noted';
       };`,
    ),

  // The articles come in the order of the warehouse, whatever is asked for.
  '/articles': () =>
    bare(
      'Articles',
      [['Backpack', 29.99], ['Bell', 9.99]]
        .map(([name, price]) => `<div class="card row">${name} <span class="price">$${price}</span> <button>Add</button></div>`)
        .join(''),
    ),

  // The map never becomes ready: its tiles are missing.
  '/shops': () =>
    bare(
      'Shops',
      `<label>Postal code <input id="code"></label><div class="card" id="map">Loading the map …</div>`,
      `fetch('/tiles/8/137/84.png').then((tile) => tile.ok ? document.getElementById('map').classList.add('ready') : console.error('map: tile 8/137/84 is missing'));`,
    ),

  '/visual': (query) =>
    page(
      'Product of the week',
      `<style>#card { position: absolute; left: 16px; top: 80px; box-sizing: border-box; width: 360px; height: ${query.has('big') ? 260 : 220}px; padding: 14px; color: #fff; border-radius: 0;
         background: ${query.has('red') ? '#b42318' : '#1f5f8b'}; }
       #card i { display: inline-block; width: 34px; height: 34px; border-radius: 50%; background: #fff; margin-right: 6px; }</style>
       <div id="card"><h1>Sauce Labs Backpack</h1><p>For laptops up to 15 inches</p><i></i><i></i><i></i>
       <p><b>$29.99</b> · ${query.get('v') === 'N' ? 'new' : 'in stock'}</p></div>`,
    ),

  // Never comes to rest: a clock drawn by a script, which no screenshot option can stop.
  '/spin': () =>
    page(
      'Waiting',
      '<div class="card" id="clock" style="width: 240px">0</div>',
      `let turns = 0;
       setInterval(() => { document.getElementById('clock').textContent = 'still loading, ' + ++turns + ' turns'; }, 30);`,
    ),
};

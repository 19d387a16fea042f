// The state is one code and, where the model has them, one class. Whatever changes it calls `moved`, which has the newest code
// decoded: one request is under way at a time, and what comes meanwhile replaces what waits.
import { LatentMap } from '/map.js';

const FIRST_SLIDERS = 24;
const STEPS = 61;
const FRAME_MS = 33;
const WAIT_MS = 250;
const MOST_UPLOAD = 1 << 24;

const $ = id => document.getElementById(id);
const view = Array.from(crypto.getRandomValues(new Uint8Array(12)), b => b.toString(16).padStart(2, '0')).join('');

let model;
let map = null;
let code = [];
let sliders = [];
let pending = false;
let busy = false;
let ends = { from: null, to: null };
let path = null;
let timer = null;

function say(text, bad = false) {
  $('message').textContent = text;
  $('message').classList.toggle('bad', bad);
}

async function ask(url, options) {
  let response;
  try {
    response = await fetch(url, options);
  } catch {
    throw new Error('the server does not answer; is it still running?');
  }
  if (!response.ok) {
    const failure = new Error((await response.text()).trim() || `the server answers ${response.status}`);
    failure.status = response.status;
    throw failure;
  }
  return response;
}

const post = (url, question) => ask(url, {
  method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(question),
});

const label = () => model.classes.length ? Number($('label').value) : -1;

// Decoding.

function moved() {
  pending = true;
  sliders.forEach(show => show());
  showPlace();
  decodeNewest();
}

async function decodeNewest() {
  if (busy) {
    return;
  }
  busy = true;
  while (pending) {
    pending = false;
    const asked = { view, code: code.slice(), label: label() };
    try {
      const response = await post('/api/decode', asked);
      if (response.status === 200) {
        await showDecoded(response, asked);
        if ($('message').classList.contains('bad') && $('message').dataset.of === 'decode') {
          say('');
        }
      }
    } catch (failure) {
      if (failure.status === 429 || failure.status === 503) {
        pending = true;
        await new Promise(done => setTimeout(done, WAIT_MS));
      } else {
        $('message').dataset.of = 'decode';
        say(`Not decoded: ${failure.message}`, true);
      }
    }
    await new Promise(requestAnimationFrame);
  }
  busy = false;
}

async function showDecoded(response, asked) {
  if (model.picture) {
    draw($('picture'), new Uint8Array(await response.arrayBuffer()));
  } else {
    showValues((await response.json()).values);
  }
  // What is seen now, as opposed to what is asked for.
  $('picture').dataset.code = JSON.stringify(asked.code);
  $('picture').dataset.label = asked.label;
}

function draw(canvas, pixels) {
  const { width, height, channels } = model.picture;
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext('2d');
  const image = context.createImageData(width, height);
  for (let p = 0; p < width * height; p++) {
    for (let c = 0; c < 3; c++) {
      image.data[4 * p + c] = pixels[p * channels + (channels === 1 ? 0 : c)];
    }
    image.data[4 * p + 3] = 255;
  }
  context.putImageData(image, 0, 0);
}

function showValues(values) {
  const most = 200;
  const table = document.createElement('table');
  values.slice(0, most).forEach((value, i) => {
    const row = table.insertRow();
    const name = document.createElement('th');
    name.scope = 'row';
    name.textContent = model.columns[i] ?? `value ${i + 1}`;
    row.append(name);
    row.insertCell().textContent = value === null ? 'not a number' : Number(value.toPrecision(5));
  });
  if (values.length > most) {
    table.createCaption().textContent = `the first ${most} of ${values.length} values`;
  }
  $('values').replaceChildren(table);
}

// Where the code lies on the map, and codes of a place there: what is off the plane stays as it is.

function placeOf(some) {
  return model.map.directions.map(d => d.reduce((sum, v, i) => sum + v * (some[i] - model.map.centre[i]), 0));
}

function showPlace() {
  if (map) {
    const marks = [['A', ends.from], ['B', ends.to]].filter(([, end]) => end).map(([name, end]) => [name, placeOf(end)]);
    map.show(placeOf(code), marks);
  }
}

function moveTo(place) {
  stop();
  const here = placeOf(code);
  const [first, second] = model.map.directions;
  code = code.map((v, i) => v + (place[0] - here[0]) * first[i] + (place[1] - here[1]) * second[i]);
  forgetGiven();
  moved();
}

// Samples and pictures.

function showGiven(answer, caption) {
  if (model.picture) {
    draw($('given'), Uint8Array.from(atob(answer.pixels), c => c.charCodeAt(0)));
    $('given-caption').textContent = caption;
    $('given-figure').hidden = false;
  }
}

function forgetGiven() {
  $('given-figure').hidden = true;
}

async function pick(row) {
  stop();
  try {
    const answer = await (await ask(`/api/sample?row=${row}`)).json();
    if (answer.label !== undefined) {
      $('label').value = answer.label;
    }
    code = answer.code;
    const name = model.map?.labels ? `, label ${model.map.names[model.map.labels[row]]}` : '';
    showGiven(answer, `sample ${row}${name}`);
    say(`Sample ${row} of ${model.where}${name}.`);
    moved();
  } catch (failure) {
    say(`Sample ${row} is not shown: ${failure.message}`, true);
  }
}

async function encode(file) {
  stop();
  if (file.size > MOST_UPLOAD) {
    say(`${file.name} is not encoded: it has more than 16 MiB.`, true);
    return;
  }
  say(`Encoding ${file.name}…`);
  try {
    const query = model.classes.length ? `?label=${label()}` : '';
    const response = await ask(`/api/encode${query}`, {
      method: 'POST', headers: { 'Content-Type': 'application/octet-stream' }, body: await file.arrayBuffer(),
    });
    const answer = await response.json();
    code = answer.code;
    showGiven(answer, file.name);
    say(`Encoded ${file.name}, as the model is given it: cropped and resized to ${model.shape}.`);
    moved();
  } catch (failure) {
    say(`${file.name} is not encoded: ${failure.message}`, true);
  }
}

// Walking.

function setEnd(which) {
  stop();
  ends[which] = code.slice();
  path = null;
  const ready = ends.from && ends.to;
  $('play').disabled = $('position').disabled = !ready;
  $('walk-state').textContent = ready ? 'Play, or move the position.'
    : ends.from ? 'Now move elsewhere and set the end.' : 'Now move elsewhere and set the start.';
  $('position').value = which === 'from' ? 0 : $('position').max;
  showPlace();
}

async function walked() {
  if (!path) {
    const response = await post('/api/walk',
      { code: ends.from, to: ends.to, arc: $('way').value === 'arc', steps: Number($('position').max) + 1 });
    path = (await response.json()).codes;
  }
  return path;
}

async function stepTo(position) {
  try {
    code = (await walked())[position].slice();
    $('position').value = position;
    forgetGiven();
    moved();
    return true;
  } catch (failure) {
    say(`The walk has stopped: ${failure.message}`, true);
    stop();
    return false;
  }
}

function stop() {
  clearTimeout(timer);
  timer = null;
  $('play').textContent = 'Play';
}

function play() {
  if (timer) {
    stop();
    return;
  }
  const last = Number($('position').max);
  let position = Number($('position').value) >= last ? 0 : Number($('position').value);
  $('play').textContent = 'Pause';
  const step = async () => {
    if (!await stepTo(position) || !timer) {
      return;
    }
    position++;
    timer = position > last ? null : setTimeout(step, FRAME_MS);
    if (!timer) {
      stop();
    }
  };
  timer = setTimeout(step, 0);
}

// Saving.

function save(blob, name) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// NumPy's format 1.0: float32 of shape [1, Z], as `decode --latents` reads it.
function npy(values) {
  let header = `{'descr': '<f4', 'fortran_order': False, 'shape': (1, ${values.length}), }`;
  header = header.padEnd(Math.ceil((header.length + 11) / 64) * 64 - 11) + '\n';
  const bytes = new DataView(new ArrayBuffer(10 + header.length + 4 * values.length));
  [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0].forEach((b, i) => bytes.setUint8(i, b));
  bytes.setUint16(8, header.length, true);
  [...header].forEach((c, i) => bytes.setUint8(10 + i, c.charCodeAt(0)));
  values.forEach((v, i) => bytes.setFloat32(10 + header.length + 4 * i, v, true));
  return new Blob([bytes.buffer]);
}

function listenToSaving() {
  const shown = () => JSON.parse($('picture').dataset.code ?? JSON.stringify(code));
  $('save-png').addEventListener('click', () => $('picture').toBlob(blob => save(blob, 'decoded.png')));
  $('save-npy').addEventListener('click', () => save(npy(shown()), 'code.npy'));
  $('save-json').addEventListener('click', () => {
    const what = { code: shown(), ...(model.classes.length ? { label: model.classes[$('picture').dataset.label] } : {}) };
    save(new Blob([JSON.stringify(what)], { type: 'application/json' }), 'code.json');
  });
}

// Sliders.

const short = value => value === 0 ? '0.00' : Math.abs(value) < 0.01 || Math.abs(value) >= 1000 ? value.toExponential(1) : value.toFixed(2);

function addSlider(latent) {
  const row = document.createElement('div');
  row.className = 'slider';
  const name = document.createElement('label');
  const use = document.createElement('small');
  const value = document.createElement('output');
  const range = document.createElement('input');
  range.type = 'range';
  range.id = `latent-${latent.number + 1}`;
  range.min = latent.low;
  range.max = latent.high;
  range.step = (latent.high - latent.low) / 400;
  name.htmlFor = value.htmlFor = range.id;
  name.textContent = `latent ${latent.number + 1}`;
  use.textContent = latent.kl === undefined ? `deviation ${short(latent.deviation)}` : `KL ${latent.kl.toFixed(2)} nats`;
  name.append(use);
  range.addEventListener('input', () => {
    stop();
    code[latent.number] = range.valueAsNumber;
    forgetGiven();
    moved();
  });
  row.append(name, value, range);
  $('sliders').append(row);
  const show = () => {
    range.value = code[latent.number];
    value.textContent = short(code[latent.number]);
    range.setAttribute('aria-valuetext', value.textContent);
  };
  sliders.push(show);
  show();
}

function addSliders(count) {
  const from = sliders.length;
  model.latents.slice(from, from + count).forEach(addSlider);
  const left = model.latents.length - sliders.length;
  $('more').hidden = left === 0;
  $('more').textContent = `Show ${Math.min(left, count)} more of ${left}`;
}

function normal() {
  return Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
}

function centre() {
  const start = [];
  model.latents.forEach(latent => { start[latent.number] = latent.start; });
  return start;
}

function jump(to) {
  stop();
  code = to;
  forgetGiven();
  say('');
  moved();
}

function listen() {
  $('reset').addEventListener('click', () => jump(centre()));
  $('random').addEventListener('click', () => {
    const drawn = [];
    model.latents.forEach(latent => {
      drawn[latent.number] = latent.start + normal() * (model.normal ? 1 : latent.deviation);
    });
    jump(drawn);
  });
  $('random').title = model.normal ? 'drawn from the prior' : 'drawn from a normal with the mean and deviation of the codes';
  $('label').addEventListener('change', moved);
  $('more').addEventListener('click', () => addSliders(FIRST_SLIDERS));
  $('from-here').addEventListener('click', () => setEnd('from'));
  $('to-here').addEventListener('click', () => setEnd('to'));
  $('way').addEventListener('change', () => { stop(); path = null; });
  $('play').addEventListener('click', play);
  $('position').addEventListener('input', () => { stop(); stepTo(Number($('position').value)); });
  $('file').addEventListener('change', () => {
    if ($('file').files.length) {
      encode($('file').files[0]);
      $('file').value = '';
    }
  });
  const drop = $('drop');
  addEventListener('dragover', event => { event.preventDefault(); drop.classList.add('over'); });
  addEventListener('dragleave', () => drop.classList.remove('over'));
  addEventListener('drop', event => {
    event.preventDefault();
    drop.classList.remove('over');
    if (event.dataTransfer.files.length && model.picture) {
      encode(event.dataTransfer.files[0]);
    }
  });
  listenToSaving();
}

async function begin() {
  try {
    model = await (await ask('/api/model')).json();
  } catch (failure) {
    $('about').textContent = '';
    say(`The model is not shown: ${failure.message}`, true);
    return;
  }
  const count = model.latents.length;
  $('position').max = Math.max(1, Math.min(STEPS, Math.floor(131072 / count)) - 1);
  $('about').textContent = `${count} ${count === 1 ? 'latent' : 'latents'}, samples of ${model.shape}; `
    + `${model.rows} rows of ${model.where} encoded.`;
  $('order').textContent = (model.latents[0].kl === undefined ? 'Ordered by the deviation of the codes.' : 'Ordered by KL: what tells most comes first.')
    + (model.normal ? ' In standard deviations of the prior.' : " Over the codes' own range.");
  model.classes.forEach((name, k) => $('label').add(new Option(name, k)));
  $('class-choice').hidden = model.classes.length === 0;
  $('drop').hidden = $('decoded-figure').hidden = $('save-png').hidden = !model.picture;
  $('values').hidden = Boolean(model.picture);
  code = centre();
  $('main').hidden = false;
  $('plane').hidden = !model.map;
  addSliders(FIRST_SLIDERS);
  if (model.map) {
    $('axes').textContent = `Across: ${model.map.axes[0]}. Up: ${model.map.axes[1]}.`;
    map = new LatentMap($('map'), model, placeOf(code), { move: moveTo, pick });
    map.legend($('legend'));
  }
  listen();
  moved();
}

begin();

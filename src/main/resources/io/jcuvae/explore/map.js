// The map: a plane of codes, centre + x first + y second, with the places of encoded rows.

// Tol's scheme "muted" (SRON/EPS/TN/09-002) with the colour of text: told apart with any colour vision, and by shape besides.
const COLOURS = ['#332288', '#cc6677', '#117733', '#88ccee', '#aa4499', '#ddcc77', '#44aa99', '#882255', '#999933', null];
// Of the darkest, what can be seen on a dark ground.
const ON_DARK = { '#332288': '#8f83e6', '#117733': '#3fae66', '#882255': '#d0689c', '#aa4499': '#d27fc4' };
const SHAPES = 4;
const NEAR = 9;

const style = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const isDark = () => matchMedia('(prefers-color-scheme: dark)').matches;

function colour(number) {
  const own = COLOURS[number % COLOURS.length];
  return own === null ? style('--text') : isDark() ? ON_DARK[own] ?? own : own;
}

function drawShape(context, kind, x, y, r) {
  context.beginPath();
  if (kind === 0) {
    context.arc(x, y, r, 0, 2 * Math.PI);
  } else if (kind === 1) {
    context.rect(x - r * 0.9, y - r * 0.9, 1.8 * r, 1.8 * r);
  } else {
    const up = kind === 2 ? -1 : 1;
    context.moveTo(x, y + up * 1.2 * r);
    context.lineTo(x - 1.1 * r, y - up * 0.8 * r);
    context.lineTo(x + 1.1 * r, y - up * 0.8 * r);
    context.closePath();
  }
  context.fill();
}

export class LatentMap {
  // start: where the code is at first. told.move(place): the pointer or a key wants the code there; told.pick(row): a sample
  // was chosen.
  constructor(canvas, model, start, told) {
    this.canvas = canvas;
    this.map = model.map;
    this.told = told;
    this.marks = [];
    this.place = start;
    this.points = document.createElement('canvas');
    const all = this.map.points.concat([start]);
    this.low = [0, 1].map(k => all.reduce((a, p) => Math.min(a, p[k]), Infinity));
    this.high = [0, 1].map(k => all.reduce((a, p) => Math.max(a, p[k]), -Infinity));
    const extent = Math.max(this.high[0] - this.low[0], this.high[1] - this.low[1]) || 1;
    for (const k of [0, 1]) {
      const middle = (this.low[k] + this.high[k]) / 2;
      this.low[k] = middle - 0.55 * extent;
      this.high[k] = middle + 0.55 * extent;
    }
    this.listen();
    new ResizeObserver(() => this.resize()).observe(canvas);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.resize());
  }

  toPixel(place) {
    const side = this.canvas.width;
    return [(place[0] - this.low[0]) / (this.high[0] - this.low[0]) * side,
      side - (place[1] - this.low[1]) / (this.high[1] - this.low[1]) * side];
  }

  fromEvent(event) {
    const box = this.canvas.getBoundingClientRect();
    const x = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
    const y = Math.min(1, Math.max(0, (event.clientY - box.top) / box.height));
    return [this.low[0] + x * (this.high[0] - this.low[0]), this.high[1] - y * (this.high[1] - this.low[1])];
  }

  nearest(place) {
    let best = -1;
    let least = Infinity;
    this.map.points.forEach((p, n) => {
      const d = (p[0] - place[0]) ** 2 + (p[1] - place[1]) ** 2;
      if (d < least) {
        least = d;
        best = n;
      }
    });
    return { row: best, pixels: Math.sqrt(least) / (this.high[0] - this.low[0]) * this.canvas.clientWidth };
  }

  listen() {
    const canvas = this.canvas;
    let start = null;
    canvas.addEventListener('pointerdown', event => {
      if (event.button !== 0) {
        return;
      }
      canvas.setPointerCapture(event.pointerId);
      start = { x: event.clientX, y: event.clientY, moved: false };
      this.told.move(this.fromEvent(event));
    });
    canvas.addEventListener('pointermove', event => {
      if (!start) {
        return;
      }
      start.moved ||= Math.hypot(event.clientX - start.x, event.clientY - start.y) > 3;
      if (start.moved) {
        this.told.move(this.fromEvent(event));
      }
    });
    canvas.addEventListener('pointerup', event => {
      const clicked = start && !start.moved;
      start = null;
      const near = clicked ? this.nearest(this.fromEvent(event)) : null;
      if (near && near.pixels < NEAR) {
        this.told.pick(near.row);
      }
    });
    canvas.addEventListener('pointercancel', () => { start = null; });
    canvas.addEventListener('keydown', event => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
      if (way) {
        const step = (event.shiftKey ? 0.1 : 0.02) * (this.high[0] - this.low[0]);
        const inside = k => Math.min(this.high[k], Math.max(this.low[k], this.place[k] + step * way[k]));
        this.told.move([inside(0), inside(1)]);
      } else if (event.key === 'Enter') {
        this.told.pick(this.nearest(this.place).row);
      } else {
        return;
      }
      event.preventDefault();
    });
  }

  resize() {
    const side = Math.round(this.canvas.clientWidth * (window.devicePixelRatio || 1));
    if (!side) {
      return;
    }
    this.canvas.width = this.canvas.height = side;
    this.points.width = this.points.height = side;
    const context = this.points.getContext('2d');
    const scale = window.devicePixelRatio || 1;
    context.strokeStyle = style('--line');
    context.lineWidth = scale;
    const [x, y] = this.toPixel([0, 0]);
    context.beginPath();
    context.moveTo(x, 0);
    context.lineTo(x, side);
    context.moveTo(0, y);
    context.lineTo(side, y);
    context.stroke();
    context.globalAlpha = 0.75;
    const r = (this.map.points.length > 1000 ? 2.2 : 3) * scale;
    this.map.points.forEach((p, n) => {
      const label = this.map.labels ? this.map.labels[n] : 0;
      context.fillStyle = colour(label);
      drawShape(context, label % SHAPES, ...this.toPixel(p), r);
    });
    this.draw();
  }

  // marks: [name, place] of a walk's ends.
  show(place, marks) {
    this.place = place;
    this.marks = marks;
    this.draw();
  }

  draw() {
    const context = this.canvas.getContext('2d');
    const scale = window.devicePixelRatio || 1;
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.drawImage(this.points, 0, 0);
    context.lineWidth = 2 * scale;
    context.font = `600 ${14 * scale}px system-ui, sans-serif`;
    context.strokeStyle = context.fillStyle = style('--mark');
    for (const [name, place] of this.marks) {
      const [x, y] = this.toPixel(place);
      context.strokeRect(x - 5 * scale, y - 5 * scale, 10 * scale, 10 * scale);
      context.fillText(name, x + 8 * scale, y - 6 * scale);
    }
    // Sliders reach further than the map: what is beyond it is shown faintly at its edge.
    const place = this.toPixel(this.place);
    const [x, y] = place.map(v => Math.min(this.canvas.width - 8 * scale, Math.max(8 * scale, v)));
    context.globalAlpha = x === place[0] && y === place[1] ? 1 : 0.4;
    context.lineWidth = 5 * scale;
    context.strokeStyle = style('--ground');
    this.ring(context, x, y, 8 * scale);
    context.lineWidth = 2.5 * scale;
    context.strokeStyle = style('--mark');
    this.ring(context, x, y, 8 * scale);
    context.globalAlpha = 1;
  }

  ring(context, x, y, r) {
    context.beginPath();
    context.arc(x, y, r, 0, 2 * Math.PI);
    context.moveTo(x - r * 1.6, y);
    context.lineTo(x - r, y);
    context.moveTo(x + r, y);
    context.lineTo(x + r * 1.6, y);
    context.moveTo(x, y - r * 1.6);
    context.lineTo(x, y - r);
    context.moveTo(x, y + r);
    context.lineTo(x, y + r * 1.6);
    context.stroke();
  }

  legend(list) {
    (this.map.names || []).slice(0, 40).forEach((name, k) => {
      const item = document.createElement('li');
      const sign = document.createElement('canvas');
      const draw = () => {
        sign.width = sign.height = 24;
        const context = sign.getContext('2d');
        context.fillStyle = colour(k);
        drawShape(context, k % SHAPES, 12, 12, 8);
      };
      draw();
      matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
      item.append(sign, name);
      list.append(item);
    });
  }
}

// Draws the points on a 2D canvas, where there is no WebGL2. The same interface as webgl.js.
import { HIDDEN, HOLLOW } from "./colours.js";
import { shadingImage } from "./density.js";

/** At most so many points a frame; a sample beyond. */
const MOST = 60000;

export function canvasRenderer(canvas, data) {
  const context = canvas.getContext("2d"), n = data.n;
  let style = new Uint8Array(4 * n), lit = null, density = null, image = null, imageInk = "";
  const stride = n > MOST ? Math.ceil(n / MOST) : 1;

  function mark(x, y, half, shape) {
    context.beginPath();
    if (shape % 3 === 0) context.arc(x, y, half, 0, 7);
    else if (shape % 3 === 1) context.rect(x - half * 0.85, y - half * 0.85, half * 1.7, half * 1.7);
    else { context.moveTo(x, y - half); context.lineTo(x + half, y + half * 0.8); context.lineTo(x - half, y + half * 0.8); context.closePath(); }
    if (shape >= HOLLOW) context.stroke(); else context.fill();
  }

  function paint(view, i, size) {
    const at = 4 * i, shape = style[at + 3];
    if (shape === HIDDEN) return;
    const [x, y] = view.toScreen(data.x[i], data.y[i]);
    if (!(x > -9 && y > -9 && x < view.width + 9 && y < view.height + 9)) return;
    const colour = `rgb(${style[at]},${style[at + 1]},${style[at + 2]})`;
    context.fillStyle = context.strokeStyle = colour;
    if (size < 4) context.fillRect(x - size / 2, y - size / 2, size, size); else mark(x, y, size * 0.43, shape);
  }

  return {
    name: "canvas",
    setStyle(now) { style = now; },
    setLit(list) { lit = list; },
    setDensity(now) { density = now; image = null; },
    draw(view, look) {
      context.setTransform(look.ratio, 0, 0, look.ratio, 0, 0);
      context.clearRect(0, 0, view.width, view.height);
      if (density && look.shading > 0) {
        if (!image || imageInk !== String(look.ink)) { image = shadingImage(density.shading, look.ink); imageInk = String(look.ink); }
        const [left, top] = view.toScreen(density.left, density.low + density.span), side = density.span * view.scale;
        context.globalAlpha = look.shading;
        context.drawImage(image, left, top, side, side);
      }
      context.lineWidth = 1.3;
      context.globalAlpha = look.dim ?? look.alpha;
      const [lowX, lowY, highX, highY] = view.box(10), near = view.zoom > 1.5 ? 1 : stride;
      let drawn = 0;
      for (let i = 0; i < n && drawn < MOST; i += near) {
        if (data.x[i] < lowX || data.x[i] > highX || data.y[i] < lowY || data.y[i] > highY) continue;
        paint(view, i, look.size);
        drawn++;
      }
      context.globalAlpha = 0.95;
      if (look.dim !== null && lit) for (const i of lit.subarray(0, MOST)) paint(view, i, look.size + 2);
      context.globalAlpha = 1;
    },
  };
}

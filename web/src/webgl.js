// Draws the points with WebGL2: one call for all points, one more for those that are lit, one for the shading.
import { HIDDEN } from "./colours.js";
import { shuffledPoints } from "./sample.js";

const POINT = `#version 300 es
layout(location = 0) in vec2 place; layout(location = 1) in vec4 style;
uniform vec2 scale, shift; uniform float size;
flat out vec3 colour; flat out int shape;
void main() {
  shape = int(style.a * 255.0 + 0.5);
  colour = style.rgb;
  gl_Position = shape == ${HIDDEN} ? vec4(9.0, 9.0, 9.0, 1.0) : vec4(place * scale + shift, 0.0, 1.0);
  gl_PointSize = size;
}`;
const POINT_FRAGMENT = `#version 300 es
precision highp float;
flat in vec3 colour; flat in int shape;
uniform float size, alpha; uniform bool plain;
out vec4 ink;
void main() {
  if (plain) { ink = vec4(colour * alpha, alpha); return; }
  vec2 p = gl_PointCoord * 2.0 - 1.0;
  int form = shape % 3;
  float d = form == 0 ? length(p) - 0.86 : form == 1 ? max(abs(p.x), abs(p.y)) - 0.76
    : max(p.y - 0.72, abs(p.x) * 0.87 - p.y * 0.5 - 0.46);
  d *= size * 0.5;
  if (shape >= 3) d = max(d, -d - max(1.2, size * 0.14));
  float cover = clamp(0.5 - d, 0.0, 1.0) * alpha;
  if (cover <= 0.0) discard;
  ink = vec4(colour * cover, cover);
}`;
const SHADE = `#version 300 es
layout(location = 0) in vec2 corner;
uniform vec2 scale, shift, low; uniform float span;
out vec2 at;
void main() { at = corner; gl_Position = vec4((low + corner * span) * scale + shift, 0.0, 1.0); }`;
const SHADE_FRAGMENT = `#version 300 es
precision highp float;
in vec2 at; uniform sampler2D density; uniform vec3 colour; uniform float alpha;
out vec4 ink;
void main() {
  float cover = alpha * texture(density, at).r;
  ink = vec4(colour * cover, cover);
}`;

function programOf(gl, vertex, fragment) {
  const program = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(`WebGL: ${gl.getProgramInfoLog(program)}`);
  const names = {}, many = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) || 0;
  for (let u = 0; u < many; u++) { const { name } = gl.getActiveUniform(program, u); names[name] = gl.getUniformLocation(program, name); }
  return { program, at: names };
}

/** Whether a WebGL2 context is drawn by the processor, as its name says. */
function isSoftware(gl) {
  // Chromium and Safari hide the name behind "WebKit WebGL"; Firefox warns where the extension is asked for.
  const plain = String(gl.getParameter(gl.RENDERER)), hidden = /webkit/i.test(plain) && gl.getExtension("WEBGL_debug_renderer_info");
  return /swiftshader|llvmpipe|softpipe|software|basic render/i.test(hidden ? String(gl.getParameter(hidden.UNMASKED_RENDERER_WEBGL)) : plain);
}

/** A renderer on a fresh canvas, or null where there is no WebGL2 on a graphics chip (`always`: no WebGL2 at all). */
export function webglRenderer(canvas, data, middle, always) {
  const gl = canvas.getContext("webgl2", { antialias: false, alpha: false, premultipliedAlpha: true, powerPreference: "high-performance" });
  if (!gl || (!always && isSoftware(gl))) return null;
  const n = data.n, points = programOf(gl, POINT, POINT_FRAGMENT), shade = programOf(gl, SHADE, SHADE_FRAGMENT);
  const { order, stored, places } = shuffledPoints(data, middle), bytes = new Uint8Array(4 * n), words = new Uint32Array(bytes.buffer);
  const [placeBuffer, styleBuffer, litBuffer, cornerBuffer] = [0, 1, 2, 3].map(() => gl.createBuffer());
  const array = gl.createVertexArray(), square = gl.createVertexArray(), texture = gl.createTexture();
  gl.bindVertexArray(array);
  gl.bindBuffer(gl.ARRAY_BUFFER, placeBuffer);
  gl.bufferData(gl.ARRAY_BUFFER, places, gl.STATIC_DRAW);
  gl.enableVertexAttribArray(0);
  gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
  gl.bindBuffer(gl.ARRAY_BUFFER, styleBuffer);
  gl.bufferData(gl.ARRAY_BUFFER, bytes, gl.DYNAMIC_DRAW);
  gl.enableVertexAttribArray(1);
  gl.vertexAttribPointer(1, 4, gl.UNSIGNED_BYTE, true, 0, 0);
  gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, litBuffer);
  gl.bindVertexArray(square);
  gl.bindBuffer(gl.ARRAY_BUFFER, cornerBuffer);
  gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([0, 0, 1, 0, 0, 1, 1, 1]), gl.STATIC_DRAW);
  gl.enableVertexAttribArray(0);
  gl.vertexAttribPointer(0, 2, gl.FLOAT, false, 0, 0);
  gl.enable(gl.BLEND);
  gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  let lit = 0, density = null;

  function place(program, view) {
    const sx = 2 * view.scale / view.width, sy = 2 * view.scale / view.height;
    gl.uniform2f(program.at.scale, sx, sy);
    gl.uniform2f(program.at.shift, -(view.x - middle.x) * sx, -(view.y - middle.y) * sy);
  }

  return {
    name: "WebGL2", mostPixels: Infinity,
    setStyle(style) {
      const from = new Uint32Array(style.buffer);
      for (let k = 0; k < n; k++) words[k] = from[order[k]];
      gl.bindBuffer(gl.ARRAY_BUFFER, styleBuffer);
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, bytes);
    },
    setLit(list) {
      lit = list ? list.length : 0;
      gl.bindVertexArray(array);
      gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, list ? Uint32Array.from(list, i => stored[i]) : new Uint32Array(1), gl.DYNAMIC_DRAW);
    },
    setDensity(now) {
      density = now;
      if (!now) return;
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
      gl.texImage2D(gl.TEXTURE_2D, 0, gl.R8, now.shading.side, now.shading.side, 0, gl.RED, gl.UNSIGNED_BYTE, now.shading.cover);
      for (const [key, value] of [[gl.TEXTURE_MIN_FILTER, gl.LINEAR], [gl.TEXTURE_MAG_FILTER, gl.LINEAR],
        [gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE], [gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE]]) gl.texParameteri(gl.TEXTURE_2D, key, value);
    },
    /** `look`: size in pixels of the screen, alpha, dim (others while some are lit), shading, ink, back, share of the points. */
    draw(view, look) {
      gl.viewport(0, 0, canvas.width, canvas.height);
      gl.clearColor(...look.back.map(value => value / 255), 1);
      gl.clear(gl.COLOR_BUFFER_BIT);
      if (density && look.shading > 0) {
        gl.useProgram(shade.program);
        place(shade, view);
        gl.uniform2f(shade.at.low, density.left - middle.x, density.low - middle.y);
        gl.uniform1f(shade.at.span, density.span);
        gl.uniform3f(shade.at.colour, ...look.ink.map(value => value / 255));
        gl.uniform1f(shade.at.alpha, look.shading);
        gl.bindVertexArray(square);
        gl.drawArrays(gl.TRIANGLE_STRIP, 0, 4);
      }
      gl.useProgram(points.program);
      place(points, view);
      gl.bindVertexArray(array);
      const paint = (size, alpha) => {
        gl.uniform1f(points.at.size, size * look.ratio);
        gl.uniform1f(points.at.alpha, alpha);
        gl.uniform1i(points.at.plain, size * look.ratio < 4 ? 1 : 0);
      };
      paint(look.size, look.dim ?? look.alpha);
      gl.drawArrays(gl.POINTS, 0, Math.ceil(n * look.share));
      if (look.dim !== null && lit) {
        paint(look.size + 2, 0.95);
        gl.drawElements(gl.POINTS, lit, gl.UNSIGNED_INT, 0);
      }
    },
  };
}

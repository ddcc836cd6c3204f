"use strict";
// A phone's camera to the server and boxes back: getUserMedia, binary frames over a WebSocket, results on a canvas.
// Frames are made only while fewer than two are under way, so a slow network costs frames, never seconds.

const $ = (id) => document.getElementById(id);
const MAGIC = [0x53, 0x4c, 0x46, 0x31]; // "SLF1"
const LONGEST_SIDE_PX = 640;
let running = null;

async function ask(method, path, key, body) {
  const answer = await fetch(path, {
    method, body: body && JSON.stringify(body), keepalive: method === "DELETE",
    headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/json" },
  });
  const told = await answer.json();
  if (!answer.ok) throw new Error(`${told.detail}${told.hint ? " (" + told.hint + ")" : ""}`);
  return told;
}

async function openCamera() {
  const stream = await navigator.mediaDevices.getUserMedia({
    video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false,
  });
  const video = $("camera");
  video.srcObject = stream;
  await video.play();
  return stream;
}

function frameOf(jpeg, header) {
  const text = new TextEncoder().encode(JSON.stringify(header));
  const frame = new Uint8Array(6 + text.length + jpeg.byteLength);
  frame.set(MAGIC);
  new DataView(frame.buffer).setUint16(4, text.length);
  frame.set(text, 6);
  frame.set(new Uint8Array(jpeg), 6 + text.length);
  return frame;
}

function draw(result) {
  const canvas = $("boxes");
  [canvas.width, canvas.height] = result.frame_size;
  const pen = canvas.getContext("2d");
  pen.lineWidth = Math.max(2, canvas.width / 250);
  pen.font = `${Math.max(12, canvas.width / 40)}px system-ui`;
  for (const found of result.detections) {
    const [x1, y1, x2, y2] = found.bbox;
    const name = `${found.class_name}${found.track_id === null ? "" : " " + found.track_id}`;
    pen.strokeStyle = pen.fillStyle = `hsl(${(found.class_id * 67) % 360} 90% 60%)`;
    pen.strokeRect(x1, y1, x2 - x1, y2 - y1);
    pen.fillText(`${name} ${Math.round(found.confidence * 100)} %`, x1 + 4, Math.max(y1 - 6, 14));
  }
}

class Run {
  constructor(socket, camera, fps) {
    this.socket = socket;
    this.camera = camera;
    this.number = 0;
    this.waiting = new Map();
    this.latencies = [];
    this.canvas = document.createElement("canvas");
    this.timer = setInterval(() => this.shoot(), 1000 / fps);
    socket.onmessage = (event) => this.take(JSON.parse(event.data));
    socket.onclose = (event) => this.stop(`Closed${event.reason ? ": " + event.reason : ""}.`);
  }

  shoot() {
    const video = $("camera");
    for (const [id, t] of this.waiting) if (performance.now() - t > 2000) this.waiting.delete(id);
    if (this.waiting.size >= 2 || this.socket.readyState !== WebSocket.OPEN || !video.videoWidth) return;
    const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(video.videoWidth, video.videoHeight));
    this.canvas.width = Math.round(video.videoWidth * scale);
    this.canvas.height = Math.round(video.videoHeight * scale);
    this.canvas.getContext("2d").drawImage(video, 0, 0, this.canvas.width, this.canvas.height);
    const id = this.number++;
    const timestamp = Date.now() / 1000;
    this.waiting.set(id, performance.now());
    this.canvas.toBlob(async (blob) => {
      if (blob && this.socket.readyState === WebSocket.OPEN) {
        this.socket.send(frameOf(await blob.arrayBuffer(), { frame_id: id, timestamp }));
      }
    }, "image/jpeg", 0.8);
  }

  take(message) {
    if (message.type === "detection_result") {
      const began = this.waiting.get(message.data.frame_id);
      this.waiting.delete(message.data.frame_id);
      if (began !== undefined) this.latencies.push(performance.now() - began);
      this.latencies = this.latencies.slice(-50);
      draw(message.data);
      const sorted = [...this.latencies].sort((a, b) => a - b);
      const dropped = Object.values(message.data.dropped).reduce((sum, count) => sum + count, 0);
      $("state").value =
        `${message.data.detections.length} found, ${Math.round(sorted[sorted.length >> 1] || 0)} ms from camera to box, ` +
        `${message.data.quality.level}, ${dropped} of ${this.number} frames left out`;
      document.body.dataset.answered = String(Number(document.body.dataset.answered || 0) + 1);
    } else if (message.type === "hazard_event") {
      const line = document.createElement("li");
      line.textContent = JSON.stringify(message.data);
      $("events").prepend(line);
    } else if (message.type === "error") {
      $("state").value = `${message.data.message}${message.data.hint ? " (" + message.data.hint + ")" : ""}`;
    }
  }

  stop(words) {
    clearInterval(this.timer);
    this.camera.getTracks().forEach((track) => track.stop());
    this.socket.close();
    this.forget();
    $("state").value = words;
    $("start").textContent = "Start";
    running = null;
  }
}

$("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  if (running) return running.stop("Stopped.");
  try {
    const key = $("key").value;
    const opened = await ask("POST", "/stream/sessions", key, {
      fps_limit: Number($("fps").value), confidence_threshold: Number($("confidence").value),
      quality_mode: $("quality").value,
    });
    // A browser cannot set headers on a WebSocket: a ticket that is good for a minute goes into its address instead.
    const { ticket } = await ask("POST", "/api/v1/auth/ticket", key);
    const camera = await openCamera();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const query = new URLSearchParams({ client_id: opened.client_id, ticket });
    const socket = new WebSocket(`${scheme}://${location.host}/stream/detection?${query}`);
    running = new Run(socket, camera, Number($("fps").value));
    running.forget = () => ask("DELETE", `/stream/sessions/${opened.client_id}`, key).catch(() => {});
    $("start").textContent = "Stop";
  } catch (error) {
    $("state").value = `${error.message || error}`;
  }
});

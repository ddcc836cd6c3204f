"use strict";
// A phone's camera to the server and boxes back. Pictures: getUserMedia, binary frames over a WebSocket; they are made only
// while fewer than two are under way, so a slow network costs frames, never seconds. Video: WebRTC, results on its data
// channel. Either way boxes are drawn on a canvas over the camera's own picture.

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

function told(event) {
  if (event.message === "juggle_event") {
    const pattern = event.siteswap ? `, ${event.siteswap} (${Math.round(event.confidence * 100)} %)` : "";
    return `${event.event}: ${event.catches} caught, ${event.run} in a row${pattern}`;
  }
  const words = [event.phase, event.name || event.kind, event.severity].filter(Boolean).join(" ");
  const place = event.place ? ` at ${event.place.latitude_deg.toFixed(6)}, ${event.place.longitude_deg.toFixed(6)}` : "";
  return `${words || event.event_id}${place}`;
}

function show(message, run) {
  const data = message.data;
  if (message.type === "detection_result") {
    draw(data);
    const sorted = [...run.latencies].sort((a, b) => a - b);
    const dropped = Object.values(data.dropped).reduce((sum, count) => sum + count, 0);
    const took = sorted.length ? `${Math.round(sorted[sorted.length >> 1])} ms from camera to box` : `${Math.round(data.processing_time_ms)} ms at the server`;
    $("state").value = `${data.detections.length} found, ${took}, ${data.quality.level}, ${dropped} left out`;
    document.body.dataset.answered = String(Number(document.body.dataset.answered || 0) + 1);
  } else if (message.type.endsWith("_event")) {
    const line = document.createElement("li");
    line.textContent = told(data);
    $("events").prepend(line);
    while ($("events").children.length > 200) $("events").lastChild.remove();
  } else if (message.type === "error") {
    $("state").value = `${data.message}${data.hint ? " (" + data.hint + ")" : ""}`;
  }
}

class Place {
  // Where the phone is, for applications that want to know; left out where it may not be asked.
  constructor() {
    this.fix = null;
    this.watch = navigator.geolocation?.watchPosition(({ coords }) => {
      this.fix = { lat: coords.latitude, lon: coords.longitude };
      if (coords.heading !== null && !Number.isNaN(coords.heading)) this.fix.heading_deg = coords.heading;
    }, () => {}, { enableHighAccuracy: true });
  }

  forget() {
    if (this.watch !== undefined) navigator.geolocation.clearWatch(this.watch);
  }
}

class Pictures {
  // One picture after the other over a WebSocket.
  async open(key, camera, settings) {
    this.key = key;
    this.number = 0;
    this.waiting = new Map();
    this.latencies = [];
    this.canvas = document.createElement("canvas");
    this.place = settings.app ? new Place() : null;
    this.opened = await ask("POST", "/stream/sessions", key, settings);
    // A browser cannot set headers on a WebSocket: a ticket that is good for a minute goes into its address instead.
    const { ticket } = await ask("POST", "/api/v1/auth/ticket", key);
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const query = new URLSearchParams({ client_id: this.opened.client_id, ticket });
    this.socket = new WebSocket(`${scheme}://${location.host}/stream/detection?${query}`);
    this.socket.onmessage = (event) => this.take(JSON.parse(event.data));
    this.socket.onclose = (event) => stop(`Closed${event.reason ? ": " + event.reason : ""}.`);
    this.timer = setInterval(() => this.shoot(), 1000 / settings.fps_limit);
  }

  shoot() {
    const video = $("camera");
    for (const [id, t] of this.waiting) if (performance.now() - t > 2000) this.waiting.delete(id);
    if (this.waiting.size >= 2 || this.socket.readyState !== WebSocket.OPEN || !video.videoWidth) return;
    const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(video.videoWidth, video.videoHeight));
    this.canvas.width = Math.round(video.videoWidth * scale);
    this.canvas.height = Math.round(video.videoHeight * scale);
    this.canvas.getContext("2d").drawImage(video, 0, 0, this.canvas.width, this.canvas.height);
    const header = { frame_id: this.number++, timestamp: Date.now() / 1000 };
    if (this.place?.fix) header.gps = this.place.fix;
    this.waiting.set(header.frame_id, performance.now());
    this.canvas.toBlob(async (blob) => {
      if (blob && this.socket.readyState === WebSocket.OPEN) this.socket.send(frameOf(await blob.arrayBuffer(), header));
    }, "image/jpeg", 0.8);
  }

  take(message) {
    if (message.type === "detection_result") {
      const began = this.waiting.get(message.data.frame_id);
      this.waiting.delete(message.data.frame_id);
      if (began !== undefined) this.latencies.push(performance.now() - began);
      this.latencies = this.latencies.slice(-50);
    }
    show(message, this);
  }

  close() {
    clearInterval(this.timer);
    this.place?.forget();
    this.socket?.close();
    if (this.opened) ask("DELETE", `/stream/sessions/${this.opened.client_id}`, this.key).catch(() => {});
  }
}

class Video {
  // The camera's own video over WebRTC; the server is not asked for it back, as boxes are drawn here.
  async open(key, camera, settings) {
    this.key = key;
    this.latencies = [];
    // The server's STUN and TURN servers, where it has some: behind a firewall that lets no UDP out, video goes through them.
    const { ice_servers } = await ask("GET", "/stream/ice", key);
    this.connection = new RTCPeerConnection({ iceServers: ice_servers });
    const channel = this.connection.createDataChannel("results");
    channel.onmessage = (event) => show(JSON.parse(event.data), this);
    channel.onclose = () => stop("Closed.");
    this.connection.addTransceiver(camera.getVideoTracks()[0], { direction: "sendonly" });
    await this.connection.setLocalDescription(await this.connection.createOffer());
    const answer = await fetch(`/stream/whip?${new URLSearchParams(settings)}`, {
      method: "POST", body: this.connection.localDescription.sdp,
      headers: { Authorization: `Bearer ${key}`, "Content-Type": "application/sdp" },
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(JSON.parse(text).detail);
    this.place = answer.headers.get("Location");
    await this.connection.setRemoteDescription({ type: "answer", sdp: text });
  }

  close() {
    this.connection?.close();
    if (this.place) fetch(this.place, { method: "DELETE", headers: { Authorization: `Bearer ${this.key}` }, keepalive: true }).catch(() => {});
  }
}

function stop(words) {
  if (!running) return;
  const { run, camera, lock } = running;
  running = null;
  run.close();
  camera?.getTracks().forEach((track) => track.stop());
  lock?.release();
  $("state").value = words;
  $("start").textContent = "Start";
}

async function start() {
  const settings = {
    fps_limit: Number($("fps").value), confidence_threshold: Number($("confidence").value), quality_mode: $("quality").value,
  };
  if ($("app").value) settings.app = $("app").value;
  running = { run: $("way").value === "webrtc" ? new Video() : new Pictures() };
  $("start").textContent = "Stop";
  $("state").value = "Opening …";
  try {
    running.camera = await openCamera();
    $("stage").style.aspectRatio = `${$("camera").videoWidth} / ${$("camera").videoHeight}`;
    running.lock = await navigator.wakeLock?.request("screen").catch(() => undefined);
    await running.run.open($("key").value, running.camera, settings);
  } catch (error) {
    stop(`${error.message || error}`);
  }
}

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (running) stop("Stopped."); else start();
});

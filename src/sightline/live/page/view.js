"use strict";
// A phone's camera to the server and boxes back. Pictures: getUserMedia, binary frames over a WebSocket; they are made only
// while fewer than two are under way, so a slow network costs frames, never seconds. Video: WebRTC, results on its data
// channel. Either way boxes are drawn on a canvas over the camera's own picture. A connection that is lost is made again
// until somebody presses Stop; over a WebSocket the stream and its counts are the same afterwards.

const $ = (id) => document.getElementById(id);
const MAGIC = [0x53, 0x4c, 0x46, 0x31]; // "SLF1"
const LONGEST_SIDE_PX = 640;
const SILENCE_MS = 6000; // nothing heard for so long: the connection is gone, whatever the browser thinks of it
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;
const FIX_HOLDS_MS = 10000;
const NO_CAMERA = {
  NotAllowedError: "The camera was not allowed. Allow it for this page in the browser's settings, then press Start.",
  NotFoundError: "No camera was found on this device.",
  NotReadableError: "The camera does not answer; another program may hold it.",
};
let running = null;

class Refused extends Error {} // asking again would not help

async function request(method, path, key, body, type = "application/json") {
  const headers = { Authorization: `Bearer ${key}`, "Content-Type": type };
  const answer = await fetch(path, { method, body, headers, keepalive: method === "DELETE" }).catch(() => {
    throw new Error("The server cannot be reached.");
  });
  if (answer.ok) return answer;
  const told = await answer.json().catch(() => ({ detail: `The server answered ${answer.status}` }));
  const words = `${told.detail}${told.hint ? " (" + told.hint + ")" : ""}`;
  throw answer.status < 500 && answer.status !== 429 ? new Refused(words) : new Error(words);
}

const ask = async (method, path, key, body) => (await request(method, path, key, body && JSON.stringify(body))).json();

async function openCamera() {
  if (!navigator.mediaDevices) throw new Error("Browsers lend the camera to https pages alone: open this one by https.");
  const wanted = { video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false };
  try {
    return await navigator.mediaDevices.getUserMedia(wanted);
  } catch (error) {
    throw new Error(NO_CAMERA[error.name] || error.message);
  }
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

function say(words) {
  if ($("state").value !== words) $("state").value = words;
}

function wipe() {
  $("boxes").width = $("boxes").width; // setting it clears the canvas
  $("figures").textContent = "";
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
  run.heard = performance.now();
  if (message.type === "config_ack") {
    run.wait = FIRST_WAIT_MS;
    run.refusal = undefined;
  } else if (message.type === "detection_result") {
    draw(data);
    if (!document.hidden) say("Watching.");
    const sorted = [...run.latencies].sort((a, b) => a - b);
    const dropped = Object.values(data.dropped).reduce((sum, count) => sum + count, 0);
    const took = sorted.length ? `${Math.round(sorted[sorted.length >> 1])} ms from camera to box` : `${Math.round(data.processing_time_ms)} ms at the server`;
    const place = run.place ? `, ${run.place.told()}` : "";
    $("figures").textContent = `${data.detections.length} found, ${took}, ${data.quality.level}, ${dropped} left out${place}`;
    document.body.dataset.answered = String(Number(document.body.dataset.answered || 0) + 1);
  } else if (message.type.endsWith("_event")) {
    const line = document.createElement("li");
    line.textContent = told(data);
    $("events").prepend(line);
    while ($("events").children.length > 200) $("events").lastChild.remove();
  } else if (message.type === "error") {
    if (run.refusal === null) run.refusal = data; // said before the stream began: it is why the socket closes
    say(`${data.message}${data.hint ? " (" + data.hint + ")" : ""}`);
  }
}

class Place {
  // Where the phone is, for applications that want to know; left out where it may not be asked, or was not told lately.
  constructor() {
    this.fix = null;
    this.why = "no place yet";
    this.watch = navigator.geolocation?.watchPosition(({ coords }) => {
      this.at = performance.now();
      this.fix = { lat: coords.latitude, lon: coords.longitude };
      if (coords.heading !== null && !Number.isNaN(coords.heading)) this.fix.heading_deg = coords.heading;
    }, (error) => {
      if (error.code === error.PERMISSION_DENIED) this.why = "the place was not allowed: events come without it";
    }, { enableHighAccuracy: true });
  }

  lately() {
    return this.fix && performance.now() - this.at < FIX_HOLDS_MS ? this.fix : null;
  }

  told() {
    return this.lately() ? "place known" : this.fix ? "place lost" : this.why;
  }

  forget() {
    if (this.watch !== undefined) navigator.geolocation.clearWatch(this.watch);
  }
}

class Pictures {
  // One picture after the other over a WebSocket.
  constructor(key, settings, place) {
    Object.assign(this, { key, settings, place });
    this.number = 0;
    this.waiting = new Map();
    this.latencies = [];
    this.canvas = document.createElement("canvas");
  }

  async open() {
    this.drop();
    this.refusal = null;
    this.waiting.clear();
    this.opened ||= await ask("POST", "/stream/sessions", this.key, this.settings);
    // A browser cannot set headers on a WebSocket: a ticket that is good for a minute goes into its address instead.
    const { ticket } = await ask("POST", "/api/v1/auth/ticket", this.key);
    if (this.ended) return this.close();
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const query = new URLSearchParams({ client_id: this.opened.client_id, ticket });
    const socket = (this.socket = new WebSocket(`${scheme}://${location.host}/stream/detection?${query}`));
    socket.onmessage = (event) => this.take(JSON.parse(event.data));
    socket.onclose = () => {
      if (socket !== this.socket) return;
      if (this.refusal?.code === "stream_not_found") this.opened = null; // the server was started anew, or gave it up
      lost(this);
    };
    this.heard = performance.now();
    this.timer = setInterval(() => this.shoot(), 1000 / this.settings.fps_limit);
  }

  ping() {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type: "ping", timestamp: 0 }));
  }

  shoot() {
    const video = $("camera");
    for (const [id, t] of this.waiting) if (performance.now() - t > 2000) this.waiting.delete(id);
    if (document.hidden || this.waiting.size >= 2 || this.socket.readyState !== WebSocket.OPEN || !video.videoWidth) return;
    const scale = Math.min(1, LONGEST_SIDE_PX / Math.max(video.videoWidth, video.videoHeight));
    this.canvas.width = Math.round(video.videoWidth * scale);
    this.canvas.height = Math.round(video.videoHeight * scale);
    this.canvas.getContext("2d").drawImage(video, 0, 0, this.canvas.width, this.canvas.height);
    const header = { frame_id: this.number++, timestamp: Date.now() / 1000 };
    const fix = this.place?.lately();
    if (fix) header.gps = fix;
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

  drop() {
    this.heard = 0;
    clearInterval(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }

  close() {
    this.drop();
    if (this.opened) ask("DELETE", `/stream/sessions/${this.opened.client_id}`, this.key).catch(() => {});
  }
}

class Video {
  // The camera's own video over WebRTC; the server is not asked for it back, as boxes are drawn here.
  constructor(key, settings) {
    Object.assign(this, { key, settings });
    this.latencies = [];
  }

  async open(camera) {
    this.drop();
    // The server's STUN and TURN servers, where it has some: behind a firewall that lets no UDP out, video goes through them.
    const { ice_servers } = await ask("GET", "/stream/ice", this.key);
    const connection = (this.connection = new RTCPeerConnection({ iceServers: ice_servers }));
    this.channel = connection.createDataChannel("results");
    this.channel.onmessage = (event) => show(JSON.parse(event.data), this);
    this.channel.onclose = () => connection === this.connection && lost(this);
    connection.addTransceiver(camera.getVideoTracks()[0], { direction: "sendonly" });
    await connection.setLocalDescription(await connection.createOffer());
    const path = `/stream/whip?${new URLSearchParams(this.settings)}`;
    const answer = await request("POST", path, this.key, connection.localDescription.sdp, "application/sdp");
    this.stream = answer.headers.get("Location");
    if (this.ended) return this.close();
    await connection.setRemoteDescription({ type: "answer", sdp: await answer.text() });
    this.heard = performance.now() + 20000 - SILENCE_MS; // the server waits 20 s for it to connect
  }

  ping() {
    if (this.channel?.readyState === "open") this.channel.send(JSON.stringify({ type: "ping", timestamp: 0 }));
  }

  drop() {
    this.heard = 0;
    const connection = this.connection;
    this.connection = null;
    connection?.close();
    if (this.stream) request("DELETE", this.stream, this.key).catch(() => {});
    this.stream = null;
  }

  close() {
    this.drop();
  }
}

async function connect(run) {
  run.retrying = false;
  try {
    await run.open(running.camera);
    run.began = true;
  } catch (error) {
    if (run !== running?.run) return;
    if (error instanceof Refused || !run.began) stop(error.message);
    else lost(run);
  }
}

function lost(run) {
  if (run !== running?.run || run.retrying) return;
  run.drop();
  wipe();
  if (run.refusal && run.refusal.code !== "stream_not_found") return stop($("state").value);
  say("The connection was lost; trying again.");
  run.retrying = true;
  run.wait = Math.min(2 * run.wait || FIRST_WAIT_MS, LONGEST_WAIT_MS);
  setTimeout(() => run === running?.run && connect(run), run.wait);
}

function stop(words) {
  if (!running) return;
  const { run, camera, lock, watch } = running;
  running = null;
  clearInterval(watch);
  run.ended = true;
  run.close();
  run.place?.forget();
  camera?.getTracks().forEach((track) => track.stop());
  lock?.release();
  wipe();
  say(words);
  $("start").textContent = "Start";
}

function awake(mine) {
  // A screen that goes dark ends the camera; browsers take the lock back whenever the page is hidden.
  navigator.wakeLock?.request("screen").then((lock) => mine === running ? (mine.lock = lock) : lock.release(), () => {});
}

function look(run) {
  if (document.hidden || !run.heard) return;
  if (performance.now() - run.heard > SILENCE_MS) lost(run);
  else run.ping();
}

async function start() {
  const settings = {
    fps_limit: Number($("fps").value), confidence_threshold: Number($("confidence").value), quality_mode: $("quality").value,
  };
  const app = $("app").selectedOptions[0];
  if (app.value) settings.app = app.value;
  const key = $("key").value.trim();
  const run = $("way").value === "webrtc" ? new Video(key, settings) : new Pictures(key, settings, "place" in app.dataset ? new Place() : null);
  const mine = (running = { run });
  $("start").textContent = "Stop";
  say("Opening …");
  try {
    const camera = await openCamera();
    if (mine !== running) return camera.getTracks().forEach((track) => track.stop());
    mine.camera = camera;
    camera.getVideoTracks()[0].onended = () => mine === running && stop("The camera was taken away.");
    const video = $("camera");
    video.srcObject = camera;
    await video.play();
    $("stage").style.aspectRatio = `${video.videoWidth} / ${video.videoHeight}`;
    awake(mine);
    mine.watch = setInterval(() => look(run), 2000);
    await connect(run);
  } catch (error) {
    if (mine === running) stop(`${error.message || error}`);
  }
}

$("form").addEventListener("submit", (event) => {
  event.preventDefault();
  if (running) stop("Stopped."); else start();
});

document.addEventListener("visibilitychange", () => {
  if (!running?.run.heard) return;
  if (document.hidden && running.run instanceof Pictures) return say("Paused while this page is hidden.");
  running.run.heard = performance.now();
  awake(running);
});

window.addEventListener("offline", () => running && lost(running.run));

// A link that was handed over holds the key behind `#`, which browsers send to nobody; it is not kept in the address.
if (location.hash.length > 1) {
  $("key").value = decodeURIComponent(location.hash.slice(1));
  history.replaceState(null, "", location.pathname);
}

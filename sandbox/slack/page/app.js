// Puts the page together: who one is, where one looks, what changed. All state is on the server;
// this file keeps only where one is, and asks again for what a change names.

import { act, listen, look } from "./api.js";
import { blockTrouble, renderBlocks, textOf } from "./blocks.js";
import { Composer } from "./composer.js";
import { fill, h, icon } from "./dom.js";
import { readForm } from "./elements.js";
import { avatar } from "./messages.js";
import { Modals } from "./modals.js";
import { drawSidebar } from "./sidebar.js";
import { Timeline } from "./timeline.js";
import { wordsFor } from "./words.js";

const $ = (id) => document.getElementById(id);
const place = new URLSearchParams(location.hash.slice(1));
const state = {
  user: place.get("as"),
  channel: place.get("in"),
  thread: place.get("thread"),
  seen: new Map(),
  emoji: {},
};
const modals = new Modals(toast);
const timeline = new Timeline($("messages"));
let thread = null;
let world = null;

async function start() {
  state.emoji = await emojis();
  await enter();
  listen(changed);
}

// The variation selector asks for the coloured glyph where a character also has a plain one.
async function emojis() {
  const named = await (await fetch("/page/emoji.json")).json();
  return Object.fromEntries(Object.entries(named).map(([name, character]) => [name, `${character}\ufe0f`]));
}

async function enter() {
  await loadWorld();
  const known = world.channels.some((one) => one.id === state.channel) || state.channel === "home";
  if (!known) state.channel = world.channels.find((one) => !one.archived)?.id;
  drawPlace();
  await drawModals();
}

async function loadWorld() {
  const data = await look("workspace", state.user ? { user: state.user } : {});
  if (state.user && data.user !== state.user) return;
  state.user = data.user;
  const me = data.people.find((one) => one.id === data.user);
  const names = new Map(data.people.map((one) => [one.id, one.real_name]));
  names.set(data.bot.id, data.bot.name).set(data.slackbot, "Slackbot");
  world = {
    ...data,
    me,
    channel: state.channel,
    emoji: state.emoji,
    locale: me.locale,
    words: wordsFor(me.locale),
    nameOf: (id) => names.get(id),
    channelName: (id) => data.channels.find((one) => one.id === id)?.name,
    groupName: (id) => data.usergroups.find((one) => one.id === id)?.handle,
  };
  world.text = (object) => textOf(object, world);
  document.documentElement.lang = me.locale;
  for (const one of data.channels) {
    const key = `${state.user} ${one.id}`;
    if (!state.seen.has(key)) state.seen.set(key, one.latest);
  }
  showSidebar();
}

function remember() {
  const query = new URLSearchParams({ as: state.user, in: state.channel });
  if (state.thread) query.set("thread", state.thread);
  history.replaceState(null, "", `#${query}`);
}

// Changes --------------------------------------------------------------------------------------

// Topics that came while the last ones were still being drawn are drawn together, in one go.
const dirty = new Set();
let drawing = false;

async function changed(topic) {
  dirty.add(topic);
  if (drawing) return;
  drawing = true;
  try {
    while (dirty.size) {
      const topics = new Set(dirty);
      dirty.clear();
      await redraw(topics).catch(failed);
    }
  } finally {
    drawing = false;
  }
}

async function redraw(topics) {
  const all = topics.has("hello");
  const kinds = new Set([...topics].map((topic) => topic.split(":")[0]));
  if (all || topics.has(`channel:${state.channel}`)) await drawMessages();
  if (all || kinds.has("sockets") || kinds.has("channel")) await loadWorld();
  if (all || topics.has(`view:${state.user}`)) await drawModals();
  if (state.channel === "home" && (all || topics.has(`home:${state.user}`))) await drawHome();
}

// Where one is ---------------------------------------------------------------------------------

function showSidebar() {
  drawSidebar($("sidebar"), world, {
    current: state.channel,
    unread: (one) => one.latest && one.latest > (state.seen.get(`${state.user} ${one.id}`) ?? ""),
    go,
    become: (user) => {
      state.user = user;
      state.thread = null;
      if (world.channels.find((one) => one.id === state.channel)?.dm_with) state.channel = `D${user.slice(1)}`;
      enter().catch(failed);
      if (state.channel === "home") openHome();
    },
  });
}

function go(channel) {
  state.channel = channel;
  state.thread = null;
  drawPlace();
  if (channel === "home") openHome();
}

function openHome() {
  act("home", { user: state.user }).catch(failed);
}

function drawPlace() {
  const home = state.channel === "home";
  const channel = world.channels.find((one) => one.id === state.channel);
  world.channel = state.channel;
  timeline.clear();
  $("messages").hidden = home;
  $("home").hidden = !home;
  remember();
  showSidebar();
  drawHeader(channel);
  drawComposer(channel);
  drawThread().catch(failed);
  (home ? drawHome() : drawMessages(true)).catch(failed);
}

function drawHeader(channel) {
  if (!channel) return fill($("channel-header"), h("h1", {}, icon("home"), `${world.bot.name} · ${world.words.home}`));
  const name = channel.dm_with ? world.bot.name : channel.name;
  const mark = channel.dm_with ? avatar(world.bot.id, name, world) : icon(channel.kind === "private_channel" ? "lock" : "hash");
  return fill(
    $("channel-header"),
    h("h1", {}, mark, h("span", { testid: "channel-title" }, name)),
    h("span", { class: "topic" }, channel.topic),
  );
}

function drawComposer(channel) {
  const where = $("composer-place");
  where.hidden = !channel;
  if (!channel) return fill(where);
  if (channel.archived) return fill(where, h("div", { class: "archived-note" }, icon("archive"), world.words.archived));
  const name = channel.dm_with ? world.bot.name : `#${channel.name}`;
  const composer = new Composer({
    testid: "composer",
    world,
    placeholder: world.words.placeholder(name),
    say: (text) => {
      timeline.toEnd();
      act("post", { user: state.user, channel: channel.id, text }).catch(failed);
    },
    run: (line) => runCommand(channel, line),
  });
  fill(where, h("div", { id: "running", class: "running", role: "status", hidden: true }), composer.node, h("div", { class: "composer-hint" }, world.words.hint));
  composer.focus();
}

async function runCommand(channel, line) {
  const running = $("running");
  timeline.toEnd();
  fill(running, h("span", { class: "spinner" }), world.words.running(line));
  running.hidden = false;
  try {
    await act("command", { user: state.user, channel: channel.id, text: line });
  } catch (error) {
    failed(error);
  } finally {
    running.hidden = true;
  }
}

async function drawMessages(jump = false) {
  const [user, channel] = [state.user, state.channel];
  if (channel === "home") return;
  const { messages } = await look("messages", { user, channel });
  if (channel !== state.channel || user !== state.user) return;
  const roots = new Set(messages.map((one) => one.ts));
  const lone = (one) => one.is_ephemeral && !roots.has(one.thread_ts);
  const shown = messages.filter((one) => !one.thread_ts || one.thread_ts === one.ts || one.subtype === "thread_broadcast" || lone(one));
  timeline.show(shown, world, { openThread, jump, nothing: world.words.emptyChannel });
  const latest = messages.filter((one) => !one.is_ephemeral).at(-1)?.ts ?? "";
  state.seen.set(`${user} ${channel}`, latest);
  if (state.thread) await drawThread(messages);
}

// Thread ---------------------------------------------------------------------------------------

function openThread(ts) {
  state.thread = ts;
  thread = null;
  remember();
  drawThread().catch(failed);
}

async function drawThread(given) {
  const pane = $("thread");
  pane.hidden = !state.thread;
  document.body.classList.toggle("with-thread", Boolean(state.thread));
  if (!state.thread) {
    thread = null;
    return pane.replaceChildren();
  }
  const asked = state.thread;
  const { messages } = given ? { messages: given } : await look("messages", { user: state.user, channel: state.channel });
  if (asked !== state.thread) return;
  const fresh = thread?.ts !== asked || thread.user !== state.user;
  if (fresh) thread = { ts: asked, user: state.user, timeline: threadPane(pane) };
  const mine = messages.filter((one) => one.ts === asked || one.thread_ts === asked);
  thread.timeline.show(mine.map((one) => ({ ...one, reply_count: 0 })), world, { jump: fresh });
}

function threadPane(pane) {
  const channel = world.channels.find((one) => one.id === state.channel);
  const root = state.thread;
  const composer = new Composer({
    testid: "thread-composer",
    world,
    placeholder: world.words.replyHere,
    say: (text) => {
      thread.timeline.toEnd();
      act("post", { user: state.user, channel: channel.id, text, thread_ts: root }).catch(failed);
    },
    refuse: () => toast(world.words.noThreadCommands),
  });
  const box = h("div", { class: "thread-messages" });
  const name = channel?.dm_with ? world.bot.name : `#${channel?.name ?? ""}`;
  fill(
    pane,
    h(
      "header",
      { class: "thread-header" },
      h("h2", {}, world.words.thread, h("span", { class: "quiet" }, name)),
      h("button", { class: "plain-button", type: "button", "aria-label": world.words.close, testid: "thread-close", onclick: () => openThread(null) }, icon("close")),
    ),
    box,
    !channel?.archived && h("div", { class: "composer-place" }, composer.node),
  );
  return new Timeline(box);
}

// App Home and modals --------------------------------------------------------------------------

async function drawHome() {
  const user = state.user;
  const { home } = await look("views", { user });
  if (user !== state.user) return;
  const box = $("home");
  if (!home) return fill(box, h("p", { class: "nothing" }, world.words.emptyHome(world.bot.name)));
  const use = async (element, block, value) => {
    blockTrouble(box, block.block_id, "");
    const delivery = await act("click_in_view", {
      user,
      view: home.id,
      action_id: element.action_id,
      block_id: block.block_id,
      value,
      values: readForm(box),
    }).catch((error) => ({ error: error.message }));
    if (delivery.error) blockTrouble(box, block.block_id, world.words.noResponse);
  };
  const suggest = (element, block, text) =>
    act("suggest", { user, view: home.id, action_id: element.action_id, block_id: block.block_id, text });
  return fill(box, h("div", { class: "home-body", testid: "home-view" }, renderBlocks(home.blocks, { ...world, suggest }, use)));
}

async function drawModals() {
  const asked = state.user;
  const { modals: stack } = await look("views", { user: asked });
  if (asked === state.user) modals.show(stack, world);
}

// ----------------------------------------------------------------------------------------------

let toastTimer = 0;
function toast(text) {
  const box = $("toast");
  box.textContent = text;
  box.hidden = false;
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => (box.hidden = true), 4000);
}

function failed(error) {
  toast(error.message);
}

addEventListener("keydown", (event) => {
  if (event.key === "Escape" && state.thread && !document.querySelector("dialog[open], .menu")) openThread(null);
});

start().catch(failed);

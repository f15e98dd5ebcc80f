// Puts the page together: who one is, where one looks, what changed. All state is on the server;
// this file keeps only where one is, and asks again for what a change names.

import { act, listen, look } from "./api.js";
import { blockTrouble, renderBlocks, textOf } from "./blocks.js";
import { Composer } from "./composer.js";
import { fill, h, icon } from "./dom.js";
import { readForm } from "./elements.js";
import { avatar, messageNode, when } from "./messages.js";
import { Modals } from "./modals.js";
import { wordsFor } from "./words.js";

const $ = (id) => document.getElementById(id);
const place = new URLSearchParams(location.hash.slice(1));
const state = {
  user: place.get("as"),
  channel: place.get("in"),
  thread: place.get("thread"),
  seen: new Map(),
  drawn: new Map(),
  drawnThread: new Map(),
  emoji: {},
};
const modals = new Modals(toast);
let world = null;
let threadComposer = null;

async function start() {
  state.emoji = await (await fetch("/page/emoji.json")).json();
  await enter();
  listen(changed);
}

async function enter() {
  await loadWorld();
  const known = world.channels.some((one) => one.id === state.channel) || state.channel === "home";
  if (!known) state.channel = world.channels.find((one) => !one.archived)?.id;
  drawPlace();
  drawModals();
}

async function loadWorld() {
  const data = await look("workspace", state.user ? { user: state.user } : {});
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
  drawSidebar();
}

function remember() {
  const query = new URLSearchParams({ as: state.user, in: state.channel });
  if (state.thread) query.set("thread", state.thread);
  history.replaceState(null, "", `#${query}`);
}

async function changed(topic) {
  const [kind, id] = topic.split(":");
  if (topic === "hello") await refresh();
  else if (topic === "sockets") await loadWorld();
  else if (kind === "channel") {
    if (id === state.channel) await drawMessages();
    await loadWorld();
  } else if (kind === "view" && id === state.user) await drawModals();
  else if (kind === "home" && id === state.user && state.channel === "home") await drawHome();
}

async function refresh() {
  await loadWorld();
  await (state.channel === "home" ? drawHome() : drawMessages());
  await drawModals();
}

// Sidebar --------------------------------------------------------------------------------------

function drawSidebar() {
  const { words } = world;
  const groups = [
    [words.channels, world.channels.filter((one) => !one.dm_with)],
    [words.direct, world.channels.filter((one) => one.dm_with === state.user)],
  ];
  const chooser = h(
    "select",
    {
      testid: "person-switch",
      "aria-label": words.acting,
      onchange: (event) => {
        state.user = event.target.value;
        state.thread = null;
        if (world.channels.find((one) => one.id === state.channel)?.dm_with) state.channel = `D${state.user.slice(1)}`;
        enter().catch(failed);
      },
    },
    world.people.map((one) => h("option", { value: one.id }, `${one.real_name} · ${one.role}`)),
  );
  chooser.value = state.user;
  const online = world.connected > 0;
  fill(
    $("sidebar"),
    h("div", { class: "team" }, h("img", { src: "/page/icon.svg", alt: "", width: 30, height: 30 }), h("div", {}, h("div", { class: "team-name" }, world.team), h("div", { class: `presence ${online ? "on" : "off"}`, testid: "presence" }, `${world.bot.name} ${online ? words.online : words.offline}`))),
    h(
      "div",
      { class: "rooms" },
      groups.map(([title, channels]) => [
        h("h2", { class: "group-title" }, title),
        h("ul", {}, channels.map((one) => h("li", {}, channelButton(one)))),
      ]),
      h("h2", { class: "group-title" }, words.apps),
      h(
        "ul",
        {},
        h(
          "li",
          {},
          h(
            "button",
            { class: `room${state.channel === "home" ? " current" : ""}`, type: "button", testid: "app-home", onclick: () => go("home", true) },
            icon("home"),
            h("span", { class: "room-name" }, words.home),
          ),
        ),
      ),
    ),
    h(
      "div",
      { class: "person" },
      avatar(world.me.id, world.me.real_name, world),
      h("div", { class: "person-text" }, h("div", { class: "person-label" }, words.acting), h("div", { class: "person-name" }, world.me.real_name), h("span", { class: `role role-${world.me.role.toLowerCase()}`, testid: "role" }, world.me.role)),
      h("span", { class: "chevron", "aria-hidden": "true" }, "⌄"),
      chooser,
    ),
  );
}

function channelButton(one) {
  const current = one.id === state.channel;
  const unread = !current && one.latest && one.latest > (state.seen.get(`${state.user} ${one.id}`) ?? "");
  const mark = one.dm_with ? avatar(world.bot.id, world.bot.name, world) : icon(one.archived ? "archive" : one.kind === "private_channel" ? "lock" : "hash");
  return h(
    "button",
    {
      class: `room${current ? " current" : ""}${unread ? " unread" : ""}${one.archived ? " archived" : ""}`,
      type: "button",
      testid: "channel",
      dataChannel: one.dm_with ? world.bot.name : one.name,
      dataId: one.id,
      "aria-current": current ? "page" : undefined,
      onclick: () => go(one.id),
    },
    mark,
    h("span", { class: "room-name" }, one.dm_with ? world.bot.name : one.name),
    unread && h("span", { class: "dot", title: world.words.newMessages }),
  );
}

function go(channel, opened = false) {
  state.channel = channel;
  state.thread = null;
  drawPlace();
  if (opened) act("home", { user: state.user }).catch(failed);
}

// Main pane ------------------------------------------------------------------------------------

function drawPlace() {
  const home = state.channel === "home";
  const channel = world.channels.find((one) => one.id === state.channel);
  world.channel = state.channel;
  state.drawn.clear();
  $("messages").replaceChildren();
  $("messages").hidden = home;
  $("home").hidden = !home;
  remember();
  drawSidebar();
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
  if (!channel) return fill(where);
  if (channel.archived) return fill(where, h("div", { class: "archived-note" }, icon("archive"), world.words.archived));
  const name = channel.dm_with ? world.bot.name : `#${channel.name}`;
  const composer = new Composer({
    testid: "composer",
    world,
    placeholder: world.words.placeholder(name),
    say: (text) => act("post", { user: state.user, channel: channel.id, text }).catch(failed),
    run: (line) => runCommand(channel, line),
  });
  fill(where, h("div", { id: "running", class: "running", role: "status", hidden: true }), composer.node, h("div", { class: "composer-hint" }, world.words.hint));
  composer.focus();
}

async function runCommand(channel, line) {
  const running = $("running");
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
  const asked = state.channel;
  const { messages } = await look("messages", { user: state.user, channel: asked });
  if (asked !== state.channel) return;
  const box = $("messages");
  const low = jump || box.scrollHeight - box.scrollTop - box.clientHeight < 120;
  const shown = messages.filter((one) => !one.thread_ts || one.thread_ts === one.ts || one.subtype === "thread_broadcast" || (one.is_ephemeral && !messages.some((root) => root.ts === one.thread_ts)));
  box.classList.toggle("empty", shown.length === 0);
  keyed(box, state.drawn, rows(shown, { openThread }), shown.length ? null : h("p", { class: "nothing" }, world.words.emptyChannel));
  const latest = messages.filter((one) => !one.is_ephemeral).at(-1)?.ts ?? "";
  state.seen.set(`${state.user} ${asked}`, latest);
  if (low) box.scrollTop = box.scrollHeight;
  if (state.thread) await drawThread(messages);
}

// Rows with stable keys: a message that did not change keeps its node, its focus and its menus.
function* rows(messages, options) {
  let day = "";
  let before = null;
  for (const message of messages) {
    const today = when(message.ts).toDateString();
    if (today !== day) {
      day = today;
      before = null;
      yield { key: `day ${today}`, content: today, make: () => h("div", { class: "day" }, h("span", {}, dayName(when(message.ts)))) };
    }
    const near = before && Number(message.ts) - Number(before.ts) < 300;
    const compact = Boolean(near && before.user === message.user && !message.is_ephemeral && !before.is_ephemeral && !message.username && !message.blocks?.some((one) => one.type !== "rich_text") && !before.blocks?.some((one) => one.type !== "rich_text"));
    before = message;
    yield {
      key: message.ts,
      content: JSON.stringify([message, compact, world.locale]),
      make: () => messageNode(message, world, { ...options, compact }),
    };
  }
}

function keyed(box, drawn, list, nothing) {
  const kept = new Map();
  const nodes = [];
  for (const { key, content, make } of list) {
    const old = drawn.get(key);
    const entry = old?.content === content ? old : { content, node: make() };
    kept.set(key, entry);
    nodes.push(entry.node);
  }
  drawn.clear();
  for (const [key, entry] of kept) drawn.set(key, entry);
  if (nothing) nodes.push(nothing);
  const wanted = new Set(nodes);
  for (const node of [...box.children]) if (!wanted.has(node)) node.remove();
  nodes.forEach((node, index) => {
    if (box.children[index] !== node) box.insertBefore(node, box.children[index] ?? null);
  });
}

function dayName(date) {
  const today = new Date();
  const days = Math.round((new Date(today.toDateString()) - new Date(date.toDateString())) / 86400000);
  if (days === 0) return world.words.today;
  if (days === 1) return world.words.yesterday;
  return date.toLocaleDateString(world.locale, { weekday: "long", month: "long", day: "numeric" });
}

// Thread ---------------------------------------------------------------------------------------

function openThread(ts) {
  state.thread = ts;
  threadComposer = null;
  remember();
  drawThread().catch(failed);
}

async function drawThread(given) {
  const pane = $("thread");
  pane.hidden = !state.thread;
  document.body.classList.toggle("with-thread", Boolean(state.thread));
  if (!state.thread) {
    threadComposer = null;
    state.drawnThread.clear();
    return pane.replaceChildren();
  }
  const { messages } = given ? { messages: given } : await look("messages", { user: state.user, channel: state.channel });
  const mine = messages.filter((one) => one.ts === state.thread || one.thread_ts === state.thread);
  if (!threadComposer || threadComposer.world.user !== state.user) {
    const channel = world.channels.find((one) => one.id === state.channel);
    threadComposer = new Composer({
      testid: "thread-composer",
      world,
      placeholder: world.words.replyHere,
      say: (text) => act("post", { user: state.user, channel: channel.id, text, thread_ts: state.thread }).catch(failed),
      refuse: () => toast(world.words.noThreadCommands),
    });
    state.drawnThread.clear();
    fill(
      pane,
      h(
        "header",
        { class: "thread-header" },
        h("h2", {}, world.words.thread, h("span", { class: "quiet" }, channel?.dm_with ? world.bot.name : `#${channel?.name ?? ""}`)),
        h("button", { class: "plain-button", type: "button", "aria-label": world.words.close, testid: "thread-close", onclick: () => openThread(null) }, icon("close")),
      ),
      h("div", { class: "thread-messages" }),
      h("div", { class: "composer-place" }, threadComposer.node),
    );
  }
  const box = pane.querySelector(".thread-messages");
  keyed(box, state.drawnThread, rows(mine.map((one) => ({ ...one, reply_count: 0 })), {}));
  box.scrollTop = box.scrollHeight;
}

// App Home and modals --------------------------------------------------------------------------

async function drawHome() {
  const { home } = await look("views", { user: state.user });
  const box = $("home");
  if (!home) return fill(box, h("p", { class: "nothing" }, world.words.emptyHome));
  const use = async (element, block, value) => {
    blockTrouble(box, block.block_id, "");
    const delivery = await act("click_in_view", {
      user: state.user,
      view: home.id,
      action_id: element.action_id,
      block_id: block.block_id,
      value,
      values: readForm(box),
    }).catch((error) => ({ error: error.message }));
    if (delivery.error) blockTrouble(box, block.block_id, world.words.noResponse);
  };
  return fill(box, h("div", { class: "home-body", testid: "home-view" }, renderBlocks(home.blocks, world, use)));
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
  if (event.key === "Escape" && state.thread && !document.querySelector("dialog[open]")) openThread(null);
});

start().catch(failed);

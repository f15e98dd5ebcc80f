// A scrolling list of messages, by day. A message that did not change keeps its node, its focus
// and its menus; one that cannot be drawn is said in a line and takes nothing else with it. The
// list stays at its end while one reads there, and says so when something new comes while not.

import { h, icon } from "./dom.js";
import { messageNode, when } from "./messages.js";

const NEAR_END = 120;
const SAME_BREATH_SECONDS = 300;

export class Timeline {
  constructor(box) {
    this.box = box;
    this.drawn = new Map();
    this.last = "";
    this.pill = null;
    box.addEventListener("scroll", () => this.atEnd() && this.forget());
  }

  clear() {
    this.drawn.clear();
    this.last = "";
    this.forget();
    this.box.replaceChildren();
  }

  // Shows these messages; `jump` goes to the end whatever was read before.
  show(messages, world, { openThread = null, jump = false, nothing = "" } = {}) {
    const follow = jump || this.atEnd();
    this.box.classList.toggle("empty", messages.length === 0);
    this.place([...rows(messages, world, openThread)], messages.length ? null : h("p", { class: "nothing" }, nothing));
    const last = messages.at(-1)?.ts ?? "";
    if (follow) this.toEnd();
    else if (last > this.last && this.last) this.announce(world);
    this.last = last;
  }

  place(list, nothing) {
    const kept = new Map();
    const nodes = [];
    for (const { key, content, make } of list) {
      const old = this.drawn.get(key);
      const entry = old?.content === content ? old : { content, node: make() };
      kept.set(key, entry);
      nodes.push(entry.node);
    }
    this.drawn = kept;
    if (nothing) nodes.push(nothing);
    if (this.pill) nodes.push(this.pill);
    const wanted = new Set(nodes);
    for (const node of [...this.box.children]) if (!wanted.has(node)) node.remove();
    nodes.forEach((node, index) => {
      if (this.box.children[index] !== node) this.box.insertBefore(node, this.box.children[index] ?? null);
    });
  }

  atEnd() {
    return this.box.scrollHeight - this.box.scrollTop - this.box.clientHeight < NEAR_END;
  }

  toEnd() {
    this.forget();
    this.box.scrollTop = this.box.scrollHeight;
  }

  announce(world) {
    if (this.pill) return;
    this.pill = h("button", { class: "new-pill", type: "button", testid: "new-messages", onclick: () => this.toEnd() }, icon("down"), world.words.newMessages);
    this.box.append(this.pill);
  }

  forget() {
    this.pill?.remove();
    this.pill = null;
  }
}

function* rows(messages, world, openThread) {
  let day = "";
  let before = null;
  for (const message of messages) {
    const today = when(message.ts).toDateString();
    if (today !== day) {
      day = today;
      before = null;
      yield {
        key: `day ${today}`,
        content: `${today} ${world.locale} ${new Date().toDateString()}`,
        make: () => h("div", { class: "day" }, h("span", {}, dayName(when(message.ts), world))),
      };
    }
    const compact = Boolean(before) && sameBreath(before, message);
    before = message;
    yield {
      key: message.ts,
      content: JSON.stringify([message, compact, world.user, world.locale]),
      make: () => drawn(message, world, { openThread, compact }),
    };
  }
}

function drawn(message, world, options) {
  try {
    return messageNode(message, world, options);
  } catch (error) {
    console.error(error);
    return h("article", { class: "message", testid: "message", dataTs: message.ts }, h("span"), h("div", { class: "quiet" }, world.words.cannotShow));
  }
}

function sameBreath(before, message) {
  const bare = (one) => !one.is_ephemeral && !one.username && !one.blocks?.some((block) => block.type !== "rich_text");
  const near = Number(message.ts) - Number(before.ts) < SAME_BREATH_SECONDS;
  return near && before.user === message.user && bare(before) && bare(message);
}

function dayName(date, world) {
  const today = new Date();
  const days = Math.round((new Date(today.toDateString()) - new Date(date.toDateString())) / 86400000);
  if (days === 0) return world.words.today;
  if (days === 1) return world.words.yesterday;
  return date.toLocaleDateString(world.locale, { weekday: "long", month: "long", day: "numeric" });
}

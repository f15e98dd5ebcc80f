// The box one types in: sends messages, runs commands, completes both commands and mentions.

import { fill, h, icon } from "./dom.js";

export class Composer {
  // say(text) posts; run(line) runs a command, and is absent in threads.
  constructor({ testid, world, placeholder, say, run, refuse }) {
    Object.assign(this, { world, say, run, refuse });
    this.chosen = 0;
    this.offers = [];
    this.history = [];
    this.menu = h("div", { class: "completion", role: "listbox", testid: "completion", hidden: true });
    this.box = h("textarea", {
      rows: 1,
      placeholder,
      testid,
      "aria-label": placeholder,
      oninput: () => this.typed(),
      onkeydown: (event) => this.key(event),
      onblur: () => setTimeout(() => this.offer([]), 120),
    });
    this.button = h(
      "button",
      { class: "send", type: "button", "aria-label": world.words.send, testid: `${testid}-send`, disabled: true, onclick: () => this.send() },
      icon("send"),
    );
    this.node = h("div", { class: "composer" }, this.menu, this.box, this.button);
  }

  focus() {
    this.box.focus();
  }

  typed() {
    this.box.style.height = "auto";
    this.box.style.height = `${Math.min(this.box.scrollHeight, 180)}px`;
    this.button.disabled = !this.box.value.trim();
    const text = this.box.value;
    if (text.startsWith("/") && this.run) return this.offer(this.commands(text));
    const mention = /(?:^|\s)@([\p{L}\w-]*)$/u.exec(text.slice(0, this.box.selectionStart));
    this.offer(mention ? this.mentions(mention[1]) : []);
  }

  commands(text) {
    const wanted = text.toLowerCase();
    return this.world.commands
      .filter((one) => one.command.toLowerCase().startsWith(wanted) || wanted.startsWith(`${one.command} `.toLowerCase()))
      .map((one) => ({
        label: one.command,
        usage: one.usage,
        note: (this.world.locale.startsWith("zh") && one.description_zh) || one.description,
        done: text.trim() === one.command,
        started: wanted.startsWith(`${one.command} `.toLowerCase()),
        take: () => this.set(`${one.command}${one.usage ? " " : ""}`),
      }));
  }

  mentions(begun) {
    const wanted = begun.toLowerCase();
    const known = [this.world.bot, ...this.world.people];
    const first = (one) => one.name.toLowerCase().startsWith(wanted);
    return known
      .filter((one) => first(one) || one.real_name?.toLowerCase().includes(wanted))
      .sort((one, other) => first(other) - first(one))
      .map((one) => ({
        label: `@${one.name}`,
        note: one.real_name ?? "",
        take: () => {
          const at = this.box.selectionStart;
          const before = this.box.value.slice(0, at).replace(/@[\p{L}\w-]*$/u, `@${one.name} `);
          this.set(before + this.box.value.slice(at));
        },
      }));
  }

  offer(offers) {
    this.offers = offers;
    this.chosen = 0;
    this.menu.hidden = offers.length === 0;
    this.drawMenu();
  }

  drawMenu() {
    fill(
      this.menu,
      this.offers.map((one, index) =>
        h(
          "div",
          {
            class: `offer${index === this.chosen ? " chosen" : ""}`,
            role: "option",
            testid: "command-option",
            "aria-selected": String(index === this.chosen),
            onpointerdown: (event) => {
              event.preventDefault();
              one.take();
            },
          },
          h("span", { class: "offer-name" }, one.label),
          one.usage && h("span", { class: "offer-usage" }, one.usage),
          h("span", { class: "offer-note" }, one.note),
        ),
      ),
    );
    this.menu.children[this.chosen]?.scrollIntoView({ block: "nearest" });
  }

  key(event) {
    if (event.isComposing) return;
    if (!this.menu.hidden) {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (step) {
        this.chosen = (this.chosen + step + this.offers.length) % this.offers.length;
        this.drawMenu();
        return event.preventDefault();
      }
      if (event.key === "Escape") {
        event.preventDefault();
        return this.offer([]);
      }
      const one = this.offers[this.chosen];
      const complete = event.key === "Tab" || (event.key === "Enter" && !event.shiftKey);
      if (complete && !one.done && !one.started) {
        event.preventDefault();
        return one.take();
      }
    }
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "ArrowUp" && !this.box.value && this.history.length) {
      event.preventDefault();
      this.set(this.history.at(-1));
    }
  }

  set(text) {
    this.box.value = text;
    this.box.focus();
    this.box.setSelectionRange(text.length, text.length);
    this.typed();
  }

  send() {
    const text = this.box.value.trim();
    if (!text) return;
    if (text.startsWith("/") && !this.run) return this.refuse();
    this.history.push(text);
    this.set("");
    this.offer([]);
    if (text.startsWith("/")) this.run(text);
    else this.say(this.withMentions(text));
  }

  withMentions(text) {
    const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
    const ids = new Map([this.world.bot, ...this.world.people].map((one) => [one.name, one.id]));
    return escaped.replace(/(^|\s)@([\p{L}\w-]+)/gu, (whole, space, name) =>
      ids.has(name) ? `${space}<@${ids.get(name)}>` : whole,
    );
  }
}

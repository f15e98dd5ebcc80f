// The left side: the workspace and whether the app is connected, conversations, and who one is.

import { fill, h, icon } from "./dom.js";
import { avatar } from "./messages.js";

// `current` is where one is; `unread(channel)` says whether there is news; `go` and `become` act.
export function drawSidebar(place, world, { current, unread, go, become }) {
  const { words } = world;
  const rooms = world.channels.filter((one) => !one.dm_with);
  const direct = world.channels.filter((one) => one.dm_with === world.user);
  const list = (title, channels) => [
    h("h2", { class: "group-title" }, title),
    h("ul", {}, channels.map((one) => h("li", {}, channelButton(one, world, { current, unread, go })))),
  ];
  const home = h(
    "button",
    { class: `room${current === "home" ? " current" : ""}`, type: "button", testid: "app-home", onclick: () => go("home") },
    icon("home"),
    h("span", { class: "room-name" }, words.home),
  );
  fill(
    place,
    team(world),
    h("div", { class: "rooms" }, list(words.channels, rooms), list(words.direct, direct), h("h2", { class: "group-title" }, words.apps), h("ul", {}, h("li", {}, home))),
    person(world, become),
  );
}

function team(world) {
  const online = world.connected > 0;
  const state = `${world.bot.name} ${online ? world.words.online : world.words.offline}`;
  return h(
    "div",
    { class: "team" },
    h("img", { src: "/page/icon.svg", alt: "", width: 30, height: 30 }),
    h("div", {}, h("div", { class: "team-name" }, world.team), h("div", { class: `presence ${online ? "on" : "off"}`, testid: "presence" }, state)),
  );
}

function channelButton(one, world, { current, unread, go }) {
  const here = one.id === current;
  const news = !here && unread(one);
  const name = one.dm_with ? world.bot.name : one.name;
  const sign = one.archived ? "archive" : one.kind === "private_channel" ? "lock" : "hash";
  return h(
    "button",
    {
      class: `room${here ? " current" : ""}${news ? " unread" : ""}${one.archived ? " archived" : ""}`,
      type: "button",
      testid: "channel",
      dataChannel: name,
      dataId: one.id,
      "aria-current": here ? "page" : undefined,
      onclick: () => go(one.id),
    },
    one.dm_with ? avatar(world.bot.id, world.bot.name, world) : icon(sign),
    h("span", { class: "room-name" }, name),
    news && h("span", { class: "dot", title: world.words.newMessages }),
  );
}

function person(world, become) {
  const { me, words } = world;
  const chooser = h(
    "select",
    { testid: "person-switch", "aria-label": words.acting, onchange: (event) => become(event.target.value) },
    world.people.map((one) => h("option", { value: one.id }, `${one.real_name} · ${words.role(one.role)}`)),
  );
  chooser.value = me.id;
  return h(
    "div",
    { class: "person" },
    avatar(me.id, me.real_name, world),
    h(
      "div",
      { class: "person-text" },
      h("div", { class: "person-label" }, words.acting),
      h("div", { class: "person-name" }, me.real_name),
      h("span", { class: `role role-${me.role.toLowerCase()}`, testid: "role" }, words.role(me.role)),
    ),
    icon("updown"),
    chooser,
  );
}

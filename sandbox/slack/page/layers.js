// What floats above the page: menus and Slack's confirm dialog.

import { h } from "./dom.js";
import { words } from "./mrkdwn.js";

// A small menu below its button; arrows, Enter and Escape work.
export function popup(anchor, items) {
  const layers = document.getElementById("layers");
  const close = () => {
    menu.remove();
    document.removeEventListener("pointerdown", outside, true);
    anchor.focus();
  };
  const outside = (event) => {
    if (!menu.contains(event.target)) close();
  };
  const menu = h(
    "div",
    { class: "menu", role: "menu" },
    items.map((item) =>
      h(
        "button",
        {
          type: "button",
          role: "menuitem",
          testid: item.testid,
          onclick: () => {
            close();
            item.choose();
          },
        },
        item.label,
        item.note && h("span", { class: "quiet" }, item.note),
      ),
    ),
  );
  menu.addEventListener("keydown", (event) => {
    const buttons = [...menu.children];
    const at = buttons.indexOf(document.activeElement);
    if (event.key === "Escape") close();
    else if (event.key === "ArrowDown") buttons[(at + 1) % buttons.length].focus();
    else if (event.key === "ArrowUp") buttons[(at - 1 + buttons.length) % buttons.length].focus();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  (anchor.closest("dialog") ?? layers).append(menu);
  const place = anchor.getBoundingClientRect();
  menu.style.top = `${Math.min(place.bottom + 4, innerHeight - menu.offsetHeight - 8)}px`;
  menu.style.left = `${Math.max(8, Math.min(place.right - menu.offsetWidth, innerWidth - menu.offsetWidth - 8))}px`;
  menu.firstElementChild?.focus();
  document.addEventListener("pointerdown", outside, true);
}

// Slack's confirm dialog. Resolves to whether it was confirmed.
export function confirmation(confirm, world) {
  return new Promise((resolve) => {
    const done = (answer) => {
      dialog.remove();
      resolve(answer);
    };
    const dialog = h(
      "dialog",
      { class: "modal confirm", testid: "confirm-dialog" },
      h("header", { class: "modal-header" }, h("h2", {}, words(confirm.title, world))),
      h("div", { class: "modal-body text" }, world.text(confirm.text)),
      h(
        "footer",
        { class: "modal-footer" },
        h("button", { class: "button", type: "button", testid: "confirm-deny", onclick: () => done(false) }, words(confirm.deny, world)),
        h(
          "button",
          { class: `button ${confirm.style ?? "primary"}`, type: "button", testid: "confirm-confirm", autofocus: true, onclick: () => done(true) },
          words(confirm.confirm, world),
        ),
      ),
    );
    dialog.addEventListener("cancel", () => done(false));
    document.getElementById("layers").append(dialog);
    dialog.showModal();
  });
}

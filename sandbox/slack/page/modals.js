// The stack of modals of one person: the top one is shown; what was typed survives an update as
// long as block_id and action_id stay the same.

import { act } from "./api.js";
import { blockTrouble, renderBlocks, textOf } from "./blocks.js";
import { fill, h, icon } from "./dom.js";
import { readForm } from "./elements.js";

export class Modals {
  constructor(toast) {
    this.toast = toast;
    this.dialog = null;
    this.shown = "";
    this.typed = {};
  }

  show(stack, world) {
    const view = stack.at(-1);
    if (!view) {
      this.dialog?.remove();
      this.dialog = null;
      this.shown = "";
      this.typed = {};
      return;
    }
    const key = `${view.id} ${view.hash} ${view.trouble}`;
    if (key === this.shown) return;
    if (this.dialog && this.view) this.typed[this.view.id] = readForm(this.dialog);
    this.shown = key;
    this.view = view;
    const focused = this.dialog?.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
    this.draw(view, stack.length, { ...world, typed: this.typed[view.id], suggest: this.suggest(world) });
    if (focused) this.dialog.querySelector(`[data-testid="${CSS.escape(focused)}"]`)?.focus();
  }

  suggest(world) {
    return (element, block, text) =>
      act("suggest", { user: world.user, view: this.view.id, action_id: element.action_id, block_id: block.block_id, text });
  }

  draw(view, depth, world) {
    if (!this.dialog) {
      this.dialog = h("dialog", { class: "modal", testid: "modal" });
      this.dialog.addEventListener("cancel", (event) => {
        event.preventDefault();
        this.close(false, world);
      });
      document.getElementById("layers").append(this.dialog);
    }
    const use = (element, block, value) => this.use(element, block, value, world);
    const submit = h(
      "button",
      { class: "button primary", type: "submit", testid: "modal-submit" },
      h("span", { class: "button-label" }, view.submit ? textOf(view.submit, world) : world.words.submit),
    );
    const form = h(
      "form",
      {
        class: "modal-form",
        novalidate: true,
        onsubmit: (event) => {
          event.preventDefault();
          if (view.submit) this.submit(submit, world);
        },
      },
      h(
        "header",
        { class: "modal-header" },
        h("h2", {}, textOf(view.title, world)),
        h(
          "button",
          { class: "plain-button", type: "button", "aria-label": world.words.close, testid: "modal-x", onclick: () => this.close(true, world) },
          icon("close"),
        ),
      ),
      view.trouble && h("div", { class: "modal-trouble", role: "alert" }, view.trouble),
      h("div", { class: "modal-body" }, renderBlocks(view.blocks, world, use)),
      h(
        "footer",
        { class: "modal-footer" },
        h(
          "button",
          { class: "button", type: "button", testid: "modal-close", onclick: () => this.close(false, world) },
          view.close ? textOf(view.close, world) : depth > 1 ? world.words.back : world.words.close,
        ),
        view.submit && submit,
      ),
    );
    fill(this.dialog, form);
    if (!this.dialog.open) this.dialog.showModal();
  }

  async use(element, block, value, world) {
    blockTrouble(this.dialog, block.block_id, "");
    const delivery = await act("click_in_view", {
      user: world.user,
      view: this.view.id,
      action_id: element.action_id,
      block_id: block.block_id,
      value,
      values: readForm(this.dialog),
    }).catch((error) => ({ error: error.message }));
    if (delivery.error && this.dialog) blockTrouble(this.dialog, block.block_id, world.words.noResponse);
  }

  async submit(button, world) {
    for (const place of this.dialog.querySelectorAll(".input-error")) place.hidden = true;
    button.classList.add("busy");
    button.disabled = true;
    try {
      const delivery = await act("submit", { user: world.user, view: this.view.id, values: readForm(this.dialog) });
      let first = null;
      for (const [block, text] of Object.entries(delivery.errors ?? {})) {
        const frame = this.dialog?.querySelector(`[data-block="${CSS.escape(block)}"]`);
        const place = frame?.querySelector(".input-error");
        if (!place) continue;
        place.textContent = text;
        place.hidden = false;
        first ??= frame.querySelector("[data-field]");
      }
      first?.focus();
    } catch (error) {
      this.toast(error.message);
    } finally {
      button.classList.remove("busy");
      button.disabled = false;
    }
  }

  async close(whole, world) {
    try {
      await act("close", { user: world.user, view: this.view.id, whole_stack: whole });
    } catch (error) {
      this.toast(error.message);
    }
  }
}

"use strict";
// The page is whole without this: it only starts in the reader's language and tells assistive software which it is.
(() => {
  const radios = document.querySelectorAll("input[name=language]");
  const tell = () => {
    const chosen = document.querySelector("input[name=language]:checked");
    document.documentElement.lang = chosen.value === "zh" ? "zh-CN" : "en";
  };
  const asked = new URLSearchParams(location.search).get("lang") ?? location.hash.match(/^#lang=(\w+)/)?.[1];
  const wanted = asked ?? navigator.language.slice(0, 2).toLowerCase();
  for (const radio of radios) {
    if (radio.value === wanted) radio.checked = true;
    radio.addEventListener("change", tell);
  }
  tell();
})();

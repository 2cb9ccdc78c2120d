"""Pages at rest: what is still fading in has colours that nobody will read."""

SETTLE = """
  await new Promise(requestAnimationFrame);
  for (const each of document.getAnimations()) {
    try { each.finish(); } catch { each.cancel(); }
  }
"""
"""Lets every movement of a page come to its end; for the beginning of an async function."""

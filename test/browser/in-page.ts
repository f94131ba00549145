/**
 * Functions that run inside the page: Playwright sends their source, so they see nothing of this
 * module. Only as much of the DOM is declared as they use; the rest of the program has none.
 */
interface PageElement {
  readonly tagName: string;
  readonly className: string;
  readonly outerHTML: string;
  readonly type?: string;
  readonly labels?: readonly PageElement[];
  getBoundingClientRect(): {
    left: number;
    right: number;
    top: number;
    bottom: number;
    width: number;
    height: number;
  };
}

declare const document: {
  readonly documentElement: {
    readonly clientWidth: number;
    readonly clientHeight: number;
    readonly style: { setProperty(name: string, value: string): void };
  };
  querySelectorAll(selector: string): Iterable<PageElement>;
  querySelector(selector: string): {
    querySelectorAll(selector: string): Iterable<PageElement>;
  } | null;
};
declare const getComputedStyle: (element: unknown) => {
  readonly fontSize: string;
  readonly minHeight: string;
};
declare const requestAnimationFrame: (run: () => void) => void;
declare const axe: {
  run(
    root: unknown,
    options: object,
  ): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
};

/** Violations of the given rule sets. axe-core must have been evaluated before. */
export async function runAxe(tags: string[]): Promise<string> {
  const { violations } = await axe.run(document, { runOnly: tags });
  return violations
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' ')}`)
    .join('\n');
}

/** Visible targets under `least` px in either direction, and text fields under 16 px (iOS zooms in). */
export function smallTargets(least: number): string {
  const faults: string[] = [];
  for (const target of document.querySelectorAll('a, button, summary, input:not([type=hidden])')) {
    // A box is pressed by its label as well.
    const label = target.type === 'checkbox' || target.type === 'radio' ? target.labels?.[0] : null;
    const { width, height } = (label ?? target).getBoundingClientRect();
    const visible = width > 0 || height > 0;
    const size = Number.parseFloat(getComputedStyle(target).fontSize);
    if (visible && (width < least || height < least)) {
      faults.push(`${width}x${height} ${target.outerHTML}`);
    }
    if (target.tagName === 'INPUT' && size < 16) faults.push(`${size}px ${target.outerHTML}`);
  }
  return faults.join('\n');
}

/** Elements that reach beyond the screen. */
export function overflowing(): string {
  const width = document.documentElement.clientWidth;
  const faults: string[] = [];
  for (const element of document.querySelectorAll('body *')) {
    const { left, right } = element.getBoundingClientRect();
    if (right > width + 0.5 || left < -0.5) faults.push(element.outerHTML.slice(0, 120));
  }
  return faults.join('\n');
}

/**
 * What of the page's first form (or of the card whose button is a link), its fields, boxes and button, one must scroll
 * to; said so where there is none.
 */
export function belowTheFold(): string {
  const height = document.documentElement.clientHeight;
  const parts = document
    .querySelector('main form, main .card:has(a.button)')
    ?.querySelectorAll('input:not([type=hidden]), label, a, button');
  const faults: string[] = [];
  for (const part of parts ?? []) {
    const { top, bottom } = part.getBoundingClientRect();
    if (top < 0 || bottom > height) faults.push(`${bottom} ${part.outerHTML}`);
    // Links to an account of one's own, and to a lost password, may come after the button.
    if (part.tagName === 'BUTTON' || part.className === 'button') return faults.join('\n');
  }
  return 'no form with a button';
}

export function enlargeText(): void {
  document.documentElement.style.setProperty('font-size', '200%');
}

export function minHeightOf(element: unknown): string {
  return getComputedStyle(element).minHeight;
}

export async function nextFrame(): Promise<void> {
  return new Promise((resolve) => {
    requestAnimationFrame(() => resolve());
  });
}

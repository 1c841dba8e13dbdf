// Reference pictures: how a page looked when somebody last looked at it and found it good.
//
//   await mustLookLike(page, 'board-empty');
//
// tests/browser/pictures/NAME.png is what it must look like. A page that differs in more than a few
// pixels leaves what it was and where it differs in build/pictures/, and fails. UPDATE_PICTURES=1 keeps
// the new looks instead; look at them before you commit them.

import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pixelmatch from 'pixelmatch';
import { PNG } from 'pngjs';
import { build, root } from './paths.mjs';

const kept = join(root, 'tests/browser/pictures');
const seen = join(build, 'pictures');

// Another version of Chromium or of a font draws edges of letters differently.
const DIFFERENT_SHARE = 0.004;

export async function mustLookLike(page, name) {
    await page.evaluate(() => document.fonts.ready);
    const bytes = await page.screenshot({ animations: 'disabled', caret: 'hide' });
    const file = join(kept, `${name}.png`);
    if (process.env.UPDATE_PICTURES) {
        mkdirSync(kept, { recursive: true });
        writeFileSync(file, bytes);
        return;
    }
    if (!existsSync(file)) {
        throw new Error(`There is no picture ${file} to compare with.`);
    }
    const is = PNG.sync.read(bytes);
    const was = PNG.sync.read(readFileSync(file));
    const diff = new PNG({ width: was.width, height: was.height });
    const sameSize = is.width === was.width && is.height === was.height;
    const different = sameSize
        ? pixelmatch(was.data, is.data, diff.data, was.width, was.height, { threshold: 0.15 })
        : was.width * was.height;
    const [isFile, diffFile] = [join(seen, `${name}.png`), join(seen, `${name}-differs.png`)];
    rmSync(isFile, { force: true });
    rmSync(diffFile, { force: true });
    if (different > was.width * was.height * DIFFERENT_SHARE) {
        mkdirSync(seen, { recursive: true });
        writeFileSync(isFile, bytes);
        writeFileSync(diffFile, PNG.sync.write(diff));
        throw new Error(`${name} looks different in ${different} pixels: see ${isFile}, ${diffFile}`);
    }
}

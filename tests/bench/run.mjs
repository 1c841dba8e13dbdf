// make bench: starts a stack of its own, measures, prints a table and writes build/bench.json.
//
//   ONLY=web.board,collect.single make bench      these rows alone
//
// The load is made on the same machine, so both the programs and what they are compared with share its cores
// with it. Every row is bounded in time; all of them take about six minutes.

import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { build } from '../lib/paths.mjs';
import { startBench } from './bench.mjs';
import { idleMemory } from './idle.mjs';
import { collectBatch, collectMatomo, collectSegment, collectSingle } from './collect.mjs';
import { webBoard, webMove } from './web.mjs';
import { board100k, boardBytes, boardFilter, boardMore, boardSearch } from './find.mjs';
import { panelOpen } from './panel.mjs';
import { deriveBacklog, deriveLive } from './derive.mjs';
import { liveLag } from './live.mjs';
import { boardPaint } from './paint.mjs';
import { rebuild } from './rebuild.mjs';
import { rules200, rulesLatency, backtest } from './rules.mjs';
import { scoreRescore } from './score.mjs';
import { queueNoop, queuePickup } from './queue.mjs';
import { deliverWebhooks } from './deliver.mjs';
import { enrichParallel } from './enrich.mjs';

// web.move leaves its board, which board.100k counts the cards of, with other stages.
const rows = [idleMemory, queuePickup, webBoard, panelOpen, board100k, webMove, boardMore, boardSearch, boardFilter, boardBytes,
    collectSingle, collectBatch, collectSegment, collectMatomo, queueNoop, deriveBacklog, deriveLive, rules200, rulesLatency,
    rebuild, scoreRescore, backtest, deliverWebhooks, liveLag,
    boardPaint, enrichParallel];

const round = (value, digits = 3) => value === undefined ? null : Number(value.toPrecision(digits));

function record({ name, unit }, result) {
    return {
        name,
        value: round(result.value, 4),
        unit,
        p50_ms: round(result.p50),
        p95_ms: round(result.p95),
        p99_ms: round(result.p99),
        baseline: round(result.baseline, 4),
        ratio: result.baseline === undefined ? null : round(result.value / result.baseline),
        ...Object.fromEntries(Object.entries(result.more ?? {}).map(([key, value]) => [key, round(value, 4)])),
    };
}

const columns = ['name', 'value', 'unit', 'p50_ms', 'p95_ms', 'p99_ms', 'baseline', 'ratio'];
const widths = [16, 9, 9, 8, 8, 8, 10, 7];
function line(cells, note = '') {
    const text = columns.map((column, i) => {
        const cell = String(cells[column] ?? '');
        return i === 0 || i === 2 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]);
    });
    console.log(`${text.join(' ')}${note ? `  ${note}` : ''}`);
}

const only = process.env.ONLY ? process.env.ONLY.split(',') : rows.map(({ name }) => name);
for (const name of only) {
    if (!rows.some((row) => row.name === name)) {
        console.error(`bench: there is no row ${name}; there are ${rows.map((row) => row.name).join(', ')}`);
        process.exit(2);
    }
}

const records = [];
let failed = 0;
const bench = await startBench();
console.log(`${cpus().length} cores, ${cpus()[0].model}; the load is made on them too\n`);
line(Object.fromEntries(columns.map((column) => [column, column])));
for (const row of rows.filter(({ name }) => only.includes(name))) {
    try {
        const result = await row.run(bench);
        records.push(record(row, result));
        line(records.at(-1), result.note);
    } catch (error) {
        failed++;
        console.log(`${row.name} FAILED: ${error.message}`);
    }
}
const { value, note } = await idleMemory.run(bench);
console.log(`\nmemory after all that: ${round(value, 3)} MB (${note})`);
await bench.stop();
writeFileSync(join(build, 'bench.json'), `${JSON.stringify(records, null, 2)}\n`);
process.exit(failed === 0 ? 0 : 1);

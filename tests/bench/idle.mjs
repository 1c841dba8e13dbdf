// idle.memory: resident memory of every process but PostgreSQL's, added up (what they share counts in each).

import { sleep } from '../lib/process.mjs';

const megabytes = (kilobytes) => kilobytes.reduce((sum, one) => sum + one, 0) / 1024;

export const idleMemory = {
    name: 'idle.memory',
    unit: 'MB',
    async run(bench) {
        await sleep(15000); // programs that wait let go of what they touched
        const memory = bench.memory();
        return {
            value: megabytes(Object.values(memory).flat()),
            note: Object.entries(memory).map(([name, processes]) =>
                `${name} ${megabytes(processes).toFixed(1)} in ${processes.length}`).join(', '),
        };
    },
};

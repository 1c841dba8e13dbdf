// idle.memory: resident memory of every process but PostgreSQL's, added up (what they share counts in each).

const megabytes = (kilobytes) => kilobytes.reduce((sum, one) => sum + one, 0) / 1024;

export const idleMemory = {
    name: 'idle.memory',
    unit: 'MB',
    async run(bench) {
        const memory = bench.memory();
        return {
            value: megabytes(Object.values(memory).flat()),
            note: Object.entries(memory).map(([name, processes]) =>
                `${name} ${megabytes(processes).toFixed(1)} in ${processes.length}`).join(', '),
        };
    },
};

// Has sharp, with one thread, make every picture it is asked for on stdin: a JSON list of
// [source, target, format, options]. For each it answers with a line: its CPU seconds and bytes;
// last comes the most memory that it had resident.
import { readFileSync, statSync } from 'node:fs'

import sharp from 'sharp'

sharp.concurrency(1)
sharp.cache(false)

const LONGEST_SIDE_PX = 2048

async function make([source, target, format, options]) {
  await sharp(source, { animated: format === 'animation' })
    .autoOrient()
    .resize(LONGEST_SIDE_PX, LONGEST_SIDE_PX, { fit: 'inside', withoutEnlargement: true })
    .toFormat(format === 'animation' ? 'webp' : format, options)
    .toFile(target)
}

const jobs = JSON.parse(readFileSync(0, 'utf8'))
await make(jobs[0])
for (const job of jobs) {
  const before = process.cpuUsage()
  await make(job)
  const spent = process.cpuUsage(before)
  const answer = { cpu_s: (spent.user + spent.system) / 1e6, bytes: statSync(job[1]).size }
  console.log(JSON.stringify(answer))
}
const peak = /VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))
console.log(JSON.stringify({ peak_bytes: 1024 * Number(peak[1]) }))

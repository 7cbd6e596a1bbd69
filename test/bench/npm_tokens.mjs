// How fast npm's native binding of tiktoken counts: see npm_tokens.sh.
import fs from 'node:fs';
import { createRequire } from 'node:module';

const SIZE = 1_000_000;
const ROUNDS = 7;
const require = createRequire(`${process.cwd()}/build/peers/`);
const { getTokenizer, SupportedEncoding } =
  require('@anysphere/tiktoken-node');
const tokenizer = getTokenizer();

function documents(path) {
  const data = fs.readFileSync(path);
  const texts = [];
  let bytes = 0;

  for (let at = 0; at < data.length && bytes < SIZE;) {
    const size = data.readUInt32LE(at);

    texts.push(data.toString('utf8', at + 4, at + 4 + size));
    bytes += size;
    at += 4 + size;
  }
  return { texts, bytes };
}

async function pass({ texts, bytes }, encoding) {
  const start = process.cpuUsage();

  for (const text of texts)
    await tokenizer.exactNumTokensNoSpecialTokens(text, encoding);
  const used = process.cpuUsage(start);
  return bytes / (used.user + used.system);
}

for (const [name, encoding] of [['cl100k_base', SupportedEncoding.Cl100k],
                                ['o200k_base', SupportedEncoding.O200k]])
  for (const corpus of ['english', 'code', 'multi', 'chat']) {
    const texts = documents(`build/corpora/${corpus}.rows`);
    const speeds = [];

    for (let i = 0; i < ROUNDS; i++)
      speeds.push(await pass(texts, encoding));
    speeds.sort((a, b) => a - b);
    console.log(`${name.padEnd(12)} tiktoken ${corpus.padEnd(8)}`
      + ` ${speeds[ROUNDS >> 1].toFixed(1).padStart(6)} MB/s`);
  }

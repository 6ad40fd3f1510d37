#!/usr/bin/env bash
# Packs the built page for the program: pack_page.sh DIST OUT, where DIST may be missing. Writes OUT/page_table.cpp and compressed copies beside it.
set -euo pipefail
dist=$1
out=$2
rm -rf "$out/files"
mkdir -p "$out/files"
table=$out/page_table.cpp.new
rows=
number=0

# piece NAME FILE: the bytes of FILE between two symbols, in the program's read-only data.
piece() {
  printf 'asm(".pushsection .rodata\\n.balign 16\\n%s:\\n.incbin \\"%s\\"\\n%s_end:\\n.popsection");\nextern const char %s[] __asm__("%s");\nextern const char %s_end[] __asm__("%s_end");\n' \
    "$1" "$2" "$1" "$1" "$1" "$1" "$1" >>"$table"
}

# smaller NAME FILE ORIGINAL: the piece as a C++ expression, or nothing where it is not smaller.
smaller() {
  if [ -f "$2" ] && [ "$(stat -c %s "$2")" -lt "$(stat -c %s "$3")" ]; then
    piece "$1" "$2"
    view="view($1, $1_end)"
  else
    view='{}'
  fi
}

printf '// Written by apps/pack_page.sh.\n#include "apps/lama/page_table.hpp"\n\nnamespace lama::app {\n\n' >"$table"
if [ -f "$dist/index.html" ]; then
  while IFS= read -r file; do
    number=$((number + 1))
    packed=$out/files/$number
    gzip -9 -n -c "$dist/$file" >"$packed.gz"
    if command -v brotli >/dev/null; then brotli -q 11 -c "$dist/$file" >"$packed.br"; fi
    digest=$(sha256sum "$dist/$file" | cut -c1-16)
    name=lama_page_$number
    piece "$name" "$dist/$file"
    smaller "${name}_gz" "$packed.gz" "$dist/$file"
    gzip=$view
    smaller "${name}_br" "$packed.br" "$dist/$file"
    rows+="      {\"/$file\", view($name, ${name}_end), $gzip, $view, \"$digest\"},"$'\n'
  done < <(cd "$dist" && find . -type f ! -name '.*' -printf '%P\n' | LC_ALL=C sort)
fi
if [ -n "$rows" ]; then
  printf '\nnamespace {\n\nstd::string_view view(const char* begin, const char* end) {\n  return {begin, static_cast<std::size_t>(end - begin)};\n}\n\n} // namespace\n\n' >>"$table"
  printf 'std::span<const page_entry> page_table() {\n  static const page_entry all[] = {\n%s  };\n  return all;\n}\n\n} // namespace lama::app\n' "$rows" >>"$table"
else
  printf 'std::span<const page_entry> page_table() {\n  return {};\n}\n\n} // namespace lama::app\n' >>"$table"
fi
mv "$table" "$out/page_table.cpp"

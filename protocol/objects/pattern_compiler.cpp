#include "protocol/limits.hpp"
#include "protocol/objects/pattern.hpp"
#include "protocol/objects/text.hpp"

#include <algorithm>
#include <optional>
#include <span>

namespace lama::protocol {

/// Reads the expression and writes steps as it goes; a repeated piece is read again for each of its copies.
class pattern_compiler {
public:
  explicit pattern_compiler(std::string_view source) : source_(source) {
    // nop
  }

  result<std::shared_ptr<const text_pattern>> compile() {
    read_alternatives(0);
    if (!failure_ && at_ != source_.size())
      give_up(errc::bad_input, "an unmatched )");
    emit({step::kind::found});
    if (failure_)
      return *failure_;
    made_.anchored_ = made_.steps_[0].what == step::kind::jump && made_.steps_[1].what == step::kind::at_start;
    find_shortcut();
    return std::make_shared<const text_pattern>(std::move(made_));
  }

private:
  using step = text_pattern::step;
  using unit_set = text_pattern::unit_set;

  struct repetition {
    uint32_t least = 1;
    uint32_t most = 1; ///< `endless` for no bound
  };
  static constexpr uint32_t endless = UINT32_MAX;

  void give_up(errc code, const std::string& what) {
    if (!failure_)
      failure_ = fail(code, "regular expression " + std::string{source_} + ": " + what);
    at_ = source_.size();
  }

  bool more() const {
    return at_ < source_.size();
  }
  bool take(std::string_view expected) {
    if (!source_.substr(at_).starts_with(expected))
      return false;
    at_ += expected.size();
    return true;
  }

  uint32_t here() const {
    return static_cast<uint32_t>(made_.steps_.size());
  }
  uint32_t emit(step x) {
    if (made_.steps_.size() >= limits::pattern_steps)
      give_up(errc::too_large, "it is too long");
    else
      made_.steps_.push_back(x);
    return here() - 1;
  }
  void emit_set(unit_set set) {
    made_.sets_.push_back(std::move(set));
    emit({step::kind::unit, static_cast<uint32_t>(made_.sets_.size() - 1)});
  }

  void read_alternatives(std::size_t depth);
  void read_sequence(std::size_t depth);
  void read_piece(std::size_t depth);
  void read_atom(std::size_t depth);
  void read_group(std::size_t depth);
  std::optional<repetition> read_repetition();
  void repeat(std::size_t depth, std::size_t source_start, uint32_t first, repetition times);
  unit_set read_class();
  unit_set read_escape(bool in_class);
  uint16_t read_unit();
  void find_shortcut();

  std::string_view source_;
  std::size_t at_ = 0;
  text_pattern made_;
  std::optional<error> failure_;
};

namespace {

void add_named(text_pattern::unit_set& set, char name) {
  switch (name) {
  case 'd':
    set.add('0', '9');
    break;
  case 'w':
    set.add('0', '9');
    set.add('A', 'Z');
    set.add('a', 'z');
    set.add('_', '_');
    break;
  default: // as is_script_space, which a test compares
    for (auto [first, last] : {std::pair<uint16_t, uint16_t>{'\t', '\r'},
                               {' ', ' '},
                               {0xA0, 0xA0},
                               {0x1680, 0x1680},
                               {0x2000, 0x200A},
                               {0x2028, 0x2029},
                               {0x202F, 0x202F},
                               {0x205F, 0x205F},
                               {0x3000, 0x3000},
                               {0xFEFF, 0xFEFF}})
      set.add(first, last);
  }
}

} // namespace

void pattern_compiler::read_alternatives(std::size_t depth) {
  if (depth > limits::pattern_depth)
    return give_up(errc::too_large, "its groups are nested too deeply");
  std::vector<uint32_t> jumps;
  for (;;) {
    auto fork = here();
    emit({step::kind::fork, fork + 1}); // made a jump to the next step where no alternative follows
    read_sequence(depth);
    if (!take("|")) {
      if (!failure_)
        made_.steps_[fork] = {step::kind::jump, fork + 1};
      break;
    }
    jumps.push_back(emit({step::kind::jump}));
    if (failure_)
      return;
    made_.steps_[fork].second = here();
  }
  if (failure_)
    return;
  for (auto jump : jumps)
    made_.steps_[jump].first = here();
}

void pattern_compiler::read_sequence(std::size_t depth) {
  while (more() && source_[at_] != '|' && source_[at_] != ')')
    read_piece(depth);
}

void pattern_compiler::read_piece(std::size_t depth) {
  if (take("^")) {
    emit({step::kind::at_start});
    return;
  }
  if (take("$")) {
    emit({step::kind::at_end});
    return;
  }
  auto source_start = at_;
  auto first = here();
  read_atom(depth);
  if (failure_)
    return;
  auto times = read_repetition();
  if (times && !failure_)
    repeat(depth, source_start, first, *times);
}

void pattern_compiler::read_atom(std::size_t depth) {
  unit_set set;
  switch (source_[at_]) {
  case '(':
    return read_group(depth);
  case '[':
    ++at_;
    return emit_set(read_class());
  case '\\':
    ++at_;
    return emit_set(read_escape(false));
  case '*':
  case '+':
  case '?':
    return give_up(errc::bad_input, "nothing to repeat");
  case '.':
    ++at_;
    for (uint16_t unit : {0x0A, 0x0D, 0x2028, 0x2029})
      set.add(unit, unit);
    return emit_set(set.complement());
  default: {
    // A character of two units stands for both, one after the other; neither can be repeated alone, as in JavaScript without flag u.
    auto unit = read_unit();
    set.add(unit, unit);
    return emit_set(std::move(set));
  }
  }
}

void pattern_compiler::read_group(std::size_t depth) {
  ++at_;
  if (take("?") && !take(":"))
    return give_up(errc::unsupported, "look-around and named groups");
  read_alternatives(depth + 1);
  if (!failure_ && !take(")"))
    give_up(errc::bad_input, "an unmatched (");
}

std::optional<pattern_compiler::repetition> pattern_compiler::read_repetition() {
  repetition times;
  auto start = at_;
  auto number = [&](uint32_t& x) {
    auto first = at_;
    for (x = 0; more() && source_[at_] >= '0' && source_[at_] <= '9' && x <= limits::pattern_steps; ++at_)
      x = x * 10 + static_cast<uint32_t>(source_[at_] - '0');
    return at_ > first;
  };
  if (take("*")) {
    times = {0, endless};
  } else if (take("+")) {
    times = {1, endless};
  } else if (take("?")) {
    times = {0, 1};
  } else if (take("{") && number(times.least)) {
    times.most = times.least;
    if (take(",") && !number(times.most))
      times.most = endless;
    if (!take("}")) {
      at_ = start; // an ordinary brace
      return std::nullopt;
    }
  } else {
    at_ = start;
    return std::nullopt;
  }
  take("?"); // laziness changes what is matched, not whether
  if (times.most < times.least)
    give_up(errc::bad_input, "a range out of order");
  return times;
}

void pattern_compiler::repeat(std::size_t depth, std::size_t source_start, uint32_t first, repetition times) {
  auto after = at_;
  made_.steps_.resize(first);
  auto copy = [&] {
    at_ = source_start;
    read_atom(depth);
    return !failure_;
  };
  for (uint32_t i = 0; i < times.least; ++i)
    if (!copy())
      return;
  if (times.most == endless) {
    auto fork = emit({step::kind::fork, here() + 1});
    if (!copy())
      return;
    emit({step::kind::jump, fork});
    if (!failure_)
      made_.steps_[fork].second = here();
  } else {
    std::vector<uint32_t> forks;
    for (auto i = times.least; i < times.most; ++i) {
      forks.push_back(emit({step::kind::fork, here() + 1}));
      if (!copy())
        return;
    }
    for (auto fork : forks)
      made_.steps_[fork].second = here();
  }
  if (!failure_)
    at_ = after;
}

text_pattern::unit_set pattern_compiler::read_class() {
  unit_set set;
  bool negative = take("^");
  auto merge = [&](const unit_set& other) {
    for (uint16_t unit = 0; unit < 128; ++unit)
      if (other.ascii[unit])
        set.ascii[unit] = true;
    set.others.insert(set.others.end(), other.others.begin(), other.others.end());
  };
  auto single = [&](const unit_set& other) -> std::optional<uint16_t> {
    auto count = std::ranges::count(other.ascii, true);
    if (count == 1 && other.others.empty())
      return static_cast<uint16_t>(std::ranges::find(other.ascii, true) - other.ascii.begin());
    if (count == 0 && other.others.size() == 1 && other.others[0].first == other.others[0].second)
      return other.others[0].first;
    return std::nullopt;
  };
  auto member = [&] {
    unit_set one;
    if (take("\\"))
      return read_escape(true);
    auto unit = read_unit();
    one.add(unit, unit);
    return one;
  };
  while (more() && source_[at_] != ']') {
    auto low = member();
    if (!failure_ && source_.substr(at_).starts_with("-") && at_ + 1 < source_.size() && source_[at_ + 1] != ']') {
      ++at_;
      auto high = member();
      auto from = single(low);
      auto to = single(high);
      if (!from || !to || *from > *to)
        give_up(errc::bad_input, "a range out of order");
      else
        set.add(*from, *to);
    } else {
      merge(low);
    }
  }
  if (!failure_ && !take("]"))
    give_up(errc::bad_input, "an unmatched [");
  return negative ? set.complement() : set;
}

text_pattern::unit_set pattern_compiler::read_escape(bool in_class) {
  unit_set set;
  if (!more()) {
    give_up(errc::bad_input, "a \\ at its end");
    return set;
  }
  auto name = source_[at_++];
  auto one = [&](uint16_t unit) { set.add(unit, unit); };
  auto hex = [&](std::size_t digits) {
    auto text = source_.substr(at_, digits);
    uint16_t unit = 0;
    if (text.size() != digits || text.find_first_not_of("0123456789abcdefABCDEF") != std::string_view::npos)
      return give_up(errc::bad_input, "a bad escape");
    for (char c : text)
      unit = static_cast<uint16_t>(unit << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10));
    at_ += digits;
    one(unit);
  };
  switch (name) {
  case 'd':
  case 'w':
  case 's':
    add_named(set, name);
    break;
  case 'D':
  case 'W':
  case 'S':
    add_named(set, static_cast<char>(name | 0x20));
    return set.complement();
  case 'n':
    one('\n');
    break;
  case 'r':
    one('\r');
    break;
  case 't':
    one('\t');
    break;
  case 'v':
    one('\v');
    break;
  case 'f':
    one('\f');
    break;
  case '0':
    one(0);
    break;
  case 'x':
    hex(2);
    break;
  case 'u':
    hex(4);
    break;
  case 'b':
    if (in_class)
      one('\b');
    else
      give_up(errc::unsupported, "word boundaries");
    break;
  default:
    if ((name >= '1' && name <= '9') || (name >= 'A' && name <= 'Z') || (name >= 'a' && name <= 'z') || static_cast<unsigned char>(name) >= 128)
      give_up(errc::unsupported, std::string{"the escape \\"} + name);
    else
      one(static_cast<uint16_t>(name));
  }
  return set;
}

uint16_t pattern_compiler::read_unit() {
  auto lead = static_cast<unsigned char>(source_[at_]);
  std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : 3;
  if (lead >= 0xF0) {
    give_up(errc::unsupported, "characters beyond U+FFFF");
    return 0;
  }
  utf16_reader reader{source_.substr(at_, size)};
  uint16_t unit = 0;
  reader.next(unit);
  at_ = std::min(at_ + size, source_.size());
  return unit;
}

/// The patterns of keys, signatures and type names are checked often; they need no machine.
void pattern_compiler::find_shortcut() {
  if (source_ == "^([0-9a-fA-F]{2})*$") {
    made_.shortcut_ = text_pattern::shortcut::hex_pairs;
    return;
  }
  if (source_.size() < 2 || !source_.starts_with('^') || !source_.ends_with('$'))
    return;
  auto inner = source_.substr(1, source_.size() - 2);
  if (inner.find_first_of("^$\\.*+?()[]{}|") == std::string_view::npos) {
    made_.shortcut_ = text_pattern::shortcut::exactly;
    made_.literal_ = inner;
    return;
  }
  // `^[…]{n}$` has become: jump, at_start, n units with equal sets, at_end, found.
  auto close = inner.find("]{");
  auto count = made_.steps_.size();
  if (!inner.starts_with('[') || close == std::string_view::npos || inner.find(']') != close ||
      inner.find_first_not_of("0123456789", close + 2) != inner.size() - 1 || !inner.ends_with('}') || count < 5)
    return;
  auto units = std::span{made_.steps_}.subspan(2, count - 4);
  if (std::ranges::all_of(units, [](const step& x) { return x.what == step::kind::unit; }) && made_.sets_[0].others.empty()) {
    made_.shortcut_ = text_pattern::shortcut::run;
    made_.length_ = units.size();
  }
}

result<std::shared_ptr<const text_pattern>> text_pattern::compile(std::string_view source) {
  if (!is_utf8(source, false))
    return fail(errc::bad_input, "a regular expression is not UTF-8");
  return pattern_compiler{source}.compile();
}

} // namespace lama::protocol

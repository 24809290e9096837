#include "core/maps/match_list.h"

#include "core/maps/table_file.h"
#include "core/maps/table_source.h"
#include "core/maps/text.h"

namespace postern::maps {
namespace {

constexpr std::size_t kMaxItems = 1'000'000;

Result<void> append_items(std::string_view value, bool is_negated, std::size_t depth,
                          const TableOptions& options, std::vector<MatchItem>& out) {
  const auto items = split_list(value);
  if (!items) return std::unexpected(items.error());
  for (std::string_view text : *items) {
    bool negated = is_negated;
    while (text.starts_with('!')) {
      negated = !negated;
      text.remove_prefix(1);
    }
    if (text.empty())
      return fail(ErrorKind::kInvalid, "\"{:.100}\": nothing behind the \"!\"", value);
    if (!text.starts_with('/')) {
      if (out.size() >= kMaxItems)
        return fail(ErrorKind::kLimit, "more than {} items in one list", kMaxItems);
      out.push_back({negated, std::string(text)});
      continue;
    }
    if (depth == 0) return fail(ErrorKind::kLimit, "{}: files nested too deeply", text);
    auto content = read_source_file(std::string(text), options.max_file_bytes);
    if (!content) return std::unexpected(content.error());
    LogicalLineReader reader(*content);
    LogicalLine line;
    for (;;) {
      const auto more = reader.next(line, options.max_line_bytes);
      if (!more) return fail(more.error().kind, "{}, {}", text, more.error().context);
      if (!*more) break;
      auto appended = append_items(line.text, negated, depth - 1, options, out);
      if (!appended) return appended;
    }
  }
  return {};
}

// An IPv6 address has colons too; a table's type is a word of letters and digits.
bool names_table(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || text.starts_with('[')) return false;
  if (IpNetwork::parse(text)) return false;
  return text.substr(0, colon).find('.') == std::string_view::npos;
}

bool matches_name(std::string_view pattern, std::string_view name) {
  if (equals_ignoring_case(pattern, name)) return true;
  if (pattern.starts_with('.')) pattern.remove_prefix(1);
  return !pattern.empty() && name.size() > pattern.size() + 1 &&
         name[name.size() - pattern.size() - 1] == '.' &&
         equals_ignoring_case(name.substr(name.size() - pattern.size()), pattern);
}

}  // namespace

Result<std::vector<MatchItem>> parse_match_list(std::string_view value,
                                                const TableOptions& options) {
  std::vector<MatchItem> items;
  auto parsed = append_items(value, false, options.max_nesting, options, items);
  if (!parsed) return std::unexpected(parsed.error());
  return items;
}

Result<DomainList> DomainList::open(std::string_view value, SubdomainRule subdomains,
                                    const TableOptions& options) {
  const auto parsed = parse_match_list(value, options);
  if (!parsed) return std::unexpected(parsed.error());
  DomainList list;
  list.subdomains_ = subdomains;
  for (const MatchItem& item : *parsed) {
    if (names_table(item.text)) {
      auto table = open_table(item.text, options);
      if (!table) return std::unexpected(table.error());
      list.items_.push_back({item.is_negated, {}, std::move(*table)});
      continue;
    }
    if (list.items_.empty() || list.items_.back().table ||
        list.items_.back().is_negated != item.is_negated)
      list.items_.push_back({item.is_negated, {}, nullptr});
    list.items_.back().names.insert(fold_key(item.text));
  }
  return list;
}

Result<bool> DomainList::item_matches(const Item& item, std::string_view name) const {
  // "a.b.c", then by rule its parents "b.c", "c" or ".b.c", ".c".
  for (std::string_view key = name; !key.empty();) {
    if (item.table) {
      if (key.data() == name.data() || !item.table->is_pattern()) {
        const auto found = item.table->lookup(key);
        if (!found) return std::unexpected(found.error());
        if (*found) return true;
      }
    } else if (item.names.contains(std::string(key))) {
      return true;
    }
    if (subdomains_ == SubdomainRule::kExact) return false;
    const std::size_t dot = key.find('.', 1);
    if (dot == std::string_view::npos) return false;
    key.remove_prefix(subdomains_ == SubdomainRule::kParent ? dot + 1 : dot);
  }
  return false;
}

Result<bool> DomainList::matches(std::string_view domain) const {
  const std::string name = fold_key(domain);
  for (const Item& item : items_) {
    const auto hit = item_matches(item, name);
    if (!hit) return hit;
    if (*hit) return !item.is_negated;
  }
  return false;
}

Result<NetworkList> NetworkList::open(std::string_view value, const TableOptions& options) {
  const auto parsed = parse_match_list(value, options);
  if (!parsed) return std::unexpected(parsed.error());
  NetworkList list;
  for (const MatchItem& parsed_item : *parsed) {
    const std::string& text = parsed_item.text;
    Item item;
    item.is_negated = parsed_item.is_negated;
    if (names_table(text)) {
      auto table = open_table(text, options);
      if (!table) return std::unexpected(table.error());
      item.table = std::move(*table);
    } else if (auto network = IpNetwork::parse(text); network) {
      item.network = *network;
    } else if (text.find_first_of("/:[") != std::string::npos ||
               text.find_first_not_of("0123456789.") == std::string::npos) {
      return std::unexpected(network.error());  // meant as a network, and wrong
    } else {
      item.name = text;
    }
    list.items_.push_back(std::move(item));
  }
  return list;
}

Result<bool> NetworkList::matches(std::string_view address, std::string_view verified_name) const {
  constexpr std::string_view kMapped = "::ffff:";
  if (address.size() > kMapped.size() &&
      equals_ignoring_case(address.substr(0, kMapped.size()), kMapped) &&
      address.find('.') != std::string_view::npos)
    address.remove_prefix(kMapped.size());
  const auto parsed = IpAddress::parse(address);
  for (const Item& item : items_) {
    bool hit = false;
    if (item.network) {
      hit = parsed && item.network->contains(*parsed);
    } else if (item.table) {
      const auto found = item.table->lookup(address);
      if (!found) return std::unexpected(found.error());
      hit = found->has_value();
    } else {
      hit = !verified_name.empty() && verified_name != "unknown" &&
            matches_name(item.name, verified_name);
    }
    if (hit) return !item.is_negated;
  }
  return false;
}

}  // namespace postern::maps

// postern map, postmap, postalias: builds a table file, asks a table, changes it, lists it.
// Exit status as Postfix's: 1 where -q or -d find nothing.

#include "core/config/params.h"
#include "core/maps/map_build.h"
#include "core/tools/commands.h"
#include "core/tools/options.h"
#include "core/tools/site.h"

namespace postern::tools {
namespace {

constexpr std::string_view kUsage =
    "[-c config_dir] [-fNinoprsuUvw] [-d key] [-q key] [--aliases] [file_type:]file_name ...";
constexpr std::size_t kMaxInput = std::size_t{1} << 30;
constexpr int kNotFound = 1;

struct Orders {
  std::optional<std::string> directory, query, remove;
  bool insert = false, list = false;
  maps::MapBuildOptions build;
};

Result<std::string> read_all_input(std::FILE* in) {
  std::string out;
  char piece[16384];
  for (std::size_t n; (n = std::fread(piece, 1, sizeof piece, in)) > 0;) {
    if (out.size() + n > kMaxInput)
      return fail(ErrorKind::kLimit, "standard input has more than {} octets", kMaxInput);
    out.append(piece, n);
  }
  if (std::ferror(in) != 0) return fail_errno("standard input");
  return out;
}

std::vector<std::string> lines_of(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    out.emplace_back(line);
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return out;
}

// The first table that knows a key answers, as postmap does with several names.
Result<std::optional<std::string>> ask(const std::vector<maps::TablePtr>& tables,
                                       std::string_view key) {
  for (const maps::TablePtr& table : tables) {
    auto answer = table->lookup(key);
    if (!answer || *answer) return answer;
  }
  return std::nullopt;
}

int query(const Io& io, std::string_view called_as, const std::vector<std::string>& names,
          const Orders& orders) {
  std::vector<maps::TablePtr> tables;
  for (const std::string& name : names) {
    auto table = maps::open_table(name, orders.build.tables);
    if (!table) return fail_with(io, called_as, table.error());
    tables.push_back(std::move(*table));
  }
  const bool is_many = *orders.query == "-";
  std::vector<std::string> keys{*orders.query};
  if (is_many) {
    auto input = read_all_input(io.in);
    if (!input) return fail_with(io, called_as, input.error());
    keys = lines_of(*input);
  }
  bool is_found = false;
  for (const std::string& key : keys) {
    const auto answer = ask(tables, key);
    if (!answer) return fail_with(io, called_as, answer.error());
    if (!*answer) continue;
    is_found = true;
    if (is_many)
      print(io, "{}\t{}\n", key, **answer);
    else
      print(io, "{}\n", **answer);
  }
  return is_found ? EX_OK : kNotFound;
}

int remove(const Io& io, std::string_view called_as, const std::vector<std::string>& names,
           const Orders& orders) {
  std::vector<std::string> keys{*orders.remove};
  if (*orders.remove == "-") {
    auto input = read_all_input(io.in);
    if (!input) return fail_with(io, called_as, input.error());
    keys = lines_of(*input);
  }
  std::size_t removed = 0;
  for (const std::string& name : names) {
    const auto count = maps::delete_keys(name, keys, orders.build);
    if (!count) return fail_with(io, called_as, count.error());
    removed += *count;
  }
  return removed > 0 ? EX_OK : kNotFound;
}

int list(const Io& io, std::string_view called_as, const std::vector<std::string>& names,
         const Orders& orders) {
  for (const std::string& name : names) {
    const auto table = maps::open_table(name, orders.build.tables);
    if (!table) return fail_with(io, called_as, table.error());
    const auto listed = (*table)->for_each(
        [&io](std::string_view key, std::string_view value) { print(io, "{}\t{}\n", key, value); });
    if (!listed) return fail_with(io, called_as, listed.error());
  }
  return EX_OK;
}

int build(const Io& io, std::string_view called_as, const std::vector<std::string>& names,
          const Orders& orders) {
  for (const std::string& name : names) {
    Result<maps::MapBuildReport> report = maps::MapBuildReport{};
    if (orders.insert) {
      const auto input = read_all_input(io.in);
      if (!input) return fail_with(io, called_as, input.error());
      report = maps::insert_entries(name, *input, orders.build);
    } else {
      report = maps::build_map(name, orders.build);
    }
    if (!report) return fail_with(io, called_as, report.error());
    for (const std::string& each : report->warnings)
      warn(io, called_as, "{}", each);
  }
  return EX_OK;
}

}  // namespace

int run_map(const Io& io, std::string_view called_as, const Arguments& arguments) {
  Orders orders;
  if (called_as == "postalias") orders.build.tables.syntax = maps::SourceSyntax::kAliases;
  if (called_as == "postmap") orders.build.tables.syntax = maps::SourceSyntax::kTable;
  Options options(arguments, "c:d:finNopq:rsuUvw");
  for (int option; (option = options.next()) != Options::kEnd;) {
    switch (option) {
      case 'c': orders.directory = options.value(); break;
      case 'd': orders.remove = options.value(); break;
      case 'q': orders.query = options.value(); break;
      case 'f': orders.build.fold_keys = false; break;
      case 'i': orders.insert = true; break;
      case 's': orders.list = true; break;
      case 'r': orders.build.duplicates = maps::DuplicatePolicy::kReplace; break;
      case 'w': orders.build.duplicates = maps::DuplicatePolicy::kIgnore; break;
      // How keys end, whom files belong to and which octets are text is not for the caller to say:
      // readers take either end, files keep their owner, tables are UTF-8.
      case 'n':
      case 'N':
      case 'o':
      case 'p':
      case 'u':
      case 'U':
      case 'v': break;
      default:
        if (option != Options::kLong || options.long_name() != "aliases")
          return usage(io, called_as, kUsage);
        orders.build.tables.syntax = maps::SourceSyntax::kAliases;
    }
  }
  std::vector<std::string> names = options.rest();
  if (names.empty() || (orders.query && (orders.remove || orders.list || orders.insert)) ||
      (orders.remove && (orders.list || orders.insert)) || (orders.list && orders.insert))
    return usage(io, called_as, kUsage);
  // Only a name without a type needs the configuration.
  for (std::string& name : names) {
    if (name.find(':') != name.npos) continue;
    const auto site = open_site(orders.directory);
    if (!site) return fail_with(io, called_as, site.error());
    name = site->settings().get(config::params::default_database_type) + ":" + name;
  }
  if (orders.query) return query(io, called_as, names, orders);
  if (orders.remove) return remove(io, called_as, names, orders);
  if (orders.list) return list(io, called_as, names, orders);
  return build(io, called_as, names, orders);
}

}  // namespace postern::tools

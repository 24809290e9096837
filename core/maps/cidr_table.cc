#include "core/maps/cidr_table.h"

#include "core/maps/ip_network.h"
#include "core/maps/rule_program.h"

namespace postern::maps {
namespace {

using Program = RuleProgram<IpNetwork>;

class CidrTable final : public Table {
 public:
  explicit CidrTable(Program program) : program_(std::move(program)) {}

  bool is_pattern() const override { return true; }
  Result<std::optional<std::string>> lookup(std::string_view key) const override {
    const auto address = IpAddress::parse(key);
    if (!address) return std::nullopt;
    // "!192.0.2.0/24" says nothing of IPv6 addresses (cidr_table(5)).
    const auto hits = [&](const IpNetwork& network, bool negated) {
      return network.is_v6() == address->is_v6 && network.contains(*address) != negated;
    };
    const Program::Rule* rule = program_.find(hits);
    if (rule == nullptr) return std::nullopt;
    return rule->result;
  }

 private:
  Program program_;
};

}  // namespace

Result<TablePtr> load_cidr_table(std::string_view text, std::string_view name,
                                 const TableOptions& options, Warnings& warnings) {
  Program program;
  LogicalLineReader reader(text);
  LogicalLine line;
  for (;;) {
    const Result<bool> more = reader.next(line, options.max_line_bytes);
    if (!more) return fail(more.error().kind, "{}, {}", name, more.error().context);
    if (!*more) break;
    const RuleLine parsed = parse_rule_line(line.text);
    Program::Rule rule;
    rule.kind = static_cast<Program::Kind>(parsed.kind);
    rule.negated = parsed.negated;
    if (parsed.kind != RuleLine::Kind::kEndif) {
      std::size_t end = 0;
      while (end < parsed.rest.size() && !is_space(parsed.rest[end]))
        ++end;
      auto network = IpNetwork::parse(parsed.rest.substr(0, end));
      if (!network) {
        add_warning(warnings, fmt::format("{}, line {}: {}: rule skipped", name, line.number,
                                          network.error().context));
        continue;
      }
      rule.matcher = *network;
      rule.result = trim(parsed.rest.substr(end));
    }
    if (!program.add(std::move(rule)))
      add_warning(warnings, fmt::format("{}, line {}: endif without if", name, line.number));
  }
  if (program.open_ifs() > 0)
    add_warning(warnings, fmt::format("{}: {} if without endif", name, program.open_ifs()));
  return std::make_shared<CidrTable>(std::move(program));
}

}  // namespace postern::maps

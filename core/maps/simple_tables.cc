#include "core/maps/simple_tables.h"

#include <grp.h>
#include <pwd.h>

#include <cstdlib>
#include <random>

namespace postern::maps {
namespace {

using Value = Result<std::optional<std::string>>;

class StaticTable final : public Table {
 public:
  explicit StaticTable(std::string value) : value_(std::move(value)) {}
  Value lookup(std::string_view) const override { return value_; }

 private:
  std::string value_;
};

class FailTable final : public Table {
 public:
  explicit FailTable(std::string name) : name_(std::move(name)) {}
  Value lookup(std::string_view) const override {
    return fail(ErrorKind::kUnavailable, "fail:{}: fails by design", name_);
  }

 private:
  std::string name_;
};

class EnvironmentTable final : public Table {
 public:
  Value lookup(std::string_view key) const override {
    const char* value = std::getenv(std::string(key).c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  }
};

// get*nam_r with a buffer that grows up to 1 MiB: groups can be large.
template <typename Entry, typename Ask, typename Print>
Value ask_name_service(std::string_view key, Ask ask, Print print) {
  const std::string name(key);
  if (name.empty() || name.find('\0') != std::string::npos) return std::nullopt;
  for (std::vector<char> buffer(4096); buffer.size() <= 1 << 20; buffer.resize(buffer.size() * 4)) {
    Entry entry{};
    Entry* found = nullptr;
    const int status = ask(name.c_str(), &entry, buffer.data(), buffer.size(), &found);
    if (status == ERANGE) continue;
    // Name services report "no such name" in several ways (getpwnam(3)).
    if (found == nullptr &&
        (status == 0 || status == ENOENT || status == ESRCH || status == EBADF || status == EPERM))
      return std::nullopt;
    if (status != 0) return fail_errno(fmt::format("looking up \"{}\"", name), status);
    return print(*found);
  }
  return fail(ErrorKind::kLimit, "the entry of \"{}\" is larger than 1 MiB", name);
}

class PasswdTable final : public Table {
 public:
  Value lookup(std::string_view key) const override {
    const auto print = [](const passwd& entry) {
      return fmt::format("{}:{}:{}:{}:{}:{}:{}", entry.pw_name, entry.pw_passwd, entry.pw_uid,
                         entry.pw_gid, entry.pw_gecos, entry.pw_dir, entry.pw_shell);
    };
    return ask_name_service<passwd>(key, ::getpwnam_r, print);
  }
};

class GroupTable final : public Table {
 public:
  Value lookup(std::string_view key) const override {
    const auto print = [](const group& entry) {
      std::string text = fmt::format("{}:{}:{}:", entry.gr_name, entry.gr_passwd, entry.gr_gid);
      for (char** member = entry.gr_mem; *member != nullptr; ++member) {
        if (member != entry.gr_mem) text += ',';
        text += *member;
      }
      return text;
    };
    return ask_name_service<group>(key, ::getgrnam_r, print);
  }
};

class CombinedTable final : public Table {
 public:
  CombinedTable(Combination how, std::vector<TablePtr> members, std::size_t max_result_bytes)
      : how_(how), members_(std::move(members)), max_result_bytes_(max_result_bytes) {}

  bool is_pattern() const override {
    return std::any_of(members_.begin(), members_.end(),
                       [](const TablePtr& member) { return member->is_pattern(); });
  }
  Value lookup(std::string_view key) const override {
    return how_ == Combination::kUnion ? join(key) : pipe(key);
  }

 private:
  Value join(std::string_view key) const {
    std::optional<std::string> out;
    for (const TablePtr& member : members_) {
      Value found = member->lookup(key);
      if (!found) return found;
      if (!*found) continue;
      if (out)
        *out += ',';
      else
        out.emplace();
      *out += **found;
      if (out->size() > max_result_bytes_)
        return fail(ErrorKind::kLimit, "unionmap: more than {} octets", max_result_bytes_);
    }
    return out;
  }
  Value pipe(std::string_view key) const {
    std::optional<std::string> out = std::string(key);
    for (const TablePtr& member : members_) {
      Value found = member->lookup(*out);
      if (!found || !*found) return found;
      out = std::move(*found);
    }
    return out;
  }

  Combination how_;
  std::vector<TablePtr> members_;
  std::size_t max_result_bytes_;
};

class RandomTable final : public Table {
 public:
  explicit RandomTable(std::vector<std::string> values) : values_(std::move(values)) {}
  Value lookup(std::string_view) const override {
    thread_local std::minstd_rand generator(std::random_device{}());
    return values_[std::uniform_int_distribution<std::size_t>(0, values_.size() - 1)(generator)];
  }

 private:
  std::vector<std::string> values_;
};

}  // namespace

Result<void> Table::for_each(const Visitor&) const {
  return fail(ErrorKind::kInvalid, "this type of table cannot be listed");
}

TablePtr make_static_table(std::string value) {
  return std::make_shared<StaticTable>(std::move(value));
}

TablePtr make_fail_table(std::string name) { return std::make_shared<FailTable>(std::move(name)); }

Result<TablePtr> make_unix_table(std::string_view name) {
  if (name == "passwd.byname") return std::make_shared<PasswdTable>();
  if (name == "group.byname") return std::make_shared<GroupTable>();
  return fail(ErrorKind::kInvalid,
              "unix:{}: there are only unix:passwd.byname and unix:group.byname", name);
}

TablePtr make_environment_table() { return std::make_shared<EnvironmentTable>(); }

TablePtr make_combined_table(Combination how, std::vector<TablePtr> members,
                             std::size_t max_result_bytes) {
  return std::make_shared<CombinedTable>(how, std::move(members), max_result_bytes);
}

TablePtr make_random_table(std::vector<std::string> values) {
  return std::make_shared<RandomTable>(std::move(values));
}

}  // namespace postern::maps

#include "core/spool/forgetting_fs.h"

#include <algorithm>
#include <cerrno>

namespace postern::spool {
namespace {

int fail_with(int error) {
  errno = error;
  return -1;
}

}  // namespace

ForgettingFs::ForgettingFs(Options options) : options_(options) {
  const auto root = std::make_shared<Node>();
  root->is_directory = true;
  names_[""] = durable_names_[""] = root;
  space_.free_octets = 1ull << 40;
  space_.type = "memory";
}

std::string ForgettingFs::parent(const std::string& path) {
  const auto slash = path.find_last_of('/');
  return slash == std::string::npos ? "" : path.substr(0, slash);
}

void ForgettingFs::apply(const Write& write, std::string& octets) {
  if (write.octets.empty()) return octets.resize(write.offset);
  if (octets.size() < write.offset + write.octets.size())
    octets.resize(write.offset + write.octets.size());
  octets.replace(write.offset, write.octets.size(), write.octets);
}

ForgettingFs::NodePtr ForgettingFs::node_of(int fd) const {
  const auto it = open_.find(fd);
  return it == open_.end() ? nullptr : it->second;
}

void ForgettingFs::note(const NodePtr& node, Write write) {
  apply(write, node->live);
  if (!options_.tracks_syncs) return;
  if (write.octets.empty()) {
    node->unsynced.push_back(std::move(write));
    return;
  }
  for (std::size_t at = 0; at < write.octets.size();) {
    // Pieces end at sector borders of the file, as on a disk.
    const std::size_t room = options_.sector - (write.offset + at) % options_.sector;
    const std::size_t length = std::min(room, write.octets.size() - at);
    node->unsynced.push_back({write.offset + at, write.octets.substr(at, length)});
    at += length;
  }
}

void ForgettingFs::change_names(const std::string& directory, std::map<std::string, NodePtr> set) {
  for (const auto& [name, node] : set) {
    if (node == nullptr)
      names_.erase(name);
    else
      names_[name] = node;
  }
  if (options_.tracks_syncs) unsynced_names_.push_back({directory, std::move(set)});
}

int ForgettingFs::open(const std::string& path, OpenMode mode) {
  const std::lock_guard lock(mutex_);
  auto it = names_.find(path);
  if (it != names_.end() && mode == OpenMode::kCreateNew) return fail_with(EEXIST);
  if (it != names_.end() && it->second->is_directory) return fail_with(EISDIR);
  if (it == names_.end()) {
    if (mode == OpenMode::kRead || mode == OpenMode::kWrite) return fail_with(ENOENT);
    if (!names_.contains(parent(path))) return fail_with(ENOENT);
    change_names(parent(path), {{path, std::make_shared<Node>()}});
    it = names_.find(path);
  }
  open_[next_fd_] = it->second;
  return next_fd_++;
}

int ForgettingFs::close(int fd) {
  const std::lock_guard lock(mutex_);
  const NodePtr node = node_of(fd);
  if (!node) return fail_with(EBADF);
  node->is_locked = false;  // only the lock file is ever locked, and once
  open_.erase(fd);
  return 0;
}

ssize_t ForgettingFs::pread(int fd, std::span<char> buffer, std::uint64_t offset) {
  const std::lock_guard lock(mutex_);
  const NodePtr node = node_of(fd);
  if (!node) return fail_with(EBADF);
  if (offset >= node->live.size()) return 0;
  return static_cast<ssize_t>(node->live.copy(buffer.data(), buffer.size(), offset));
}

ssize_t ForgettingFs::pwritev(int fd, std::span<const iovec> pieces, std::uint64_t offset) {
  const std::lock_guard lock(mutex_);
  const NodePtr node = node_of(fd);
  if (!node) return fail_with(EBADF);
  std::string octets;
  for (const iovec& piece : pieces)
    octets.append(static_cast<const char*>(piece.iov_base), piece.iov_len);
  if (offset + octets.size() > options_.capacity) return fail_with(ENOSPC);
  const auto size = static_cast<ssize_t>(octets.size());
  if (!octets.empty()) note(node, {offset, std::move(octets)});
  return size;
}

int ForgettingFs::sync_data(int fd) {
  const std::lock_guard lock(mutex_);
  const NodePtr node = node_of(fd);
  if (!node) return fail_with(EBADF);
  node->durable = node->live;
  node->unsynced.clear();
  return 0;
}

int ForgettingFs::sync_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const std::string name = path == "/" ? "" : path;
  if (!names_.contains(name)) return fail_with(ENOENT);
  std::erase_if(unsynced_names_, [&](const NameChange& change) {
    if (change.directory != name) return false;
    for (const auto& [changed, node] : change.set) {
      if (node == nullptr)
        durable_names_.erase(changed);
      else
        durable_names_[changed] = node;
    }
    return true;
  });
  return 0;
}

int ForgettingFs::allocate(int fd, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  const NodePtr node = node_of(fd);
  if (!node) return fail_with(EBADF);
  if (size > options_.capacity) return fail_with(ENOSPC);
  if (size > node->live.size()) note(node, {size, ""});
  return 0;
}

int ForgettingFs::truncate(int fd, std::uint64_t size) {
  const std::lock_guard lock(mutex_);
  const NodePtr node = node_of(fd);
  if (!node) return fail_with(EBADF);
  note(node, {size, ""});
  return 0;
}

int ForgettingFs::lock(int fd) {
  const std::lock_guard lock(mutex_);
  const NodePtr node = node_of(fd);
  if (!node) return fail_with(EBADF);
  if (node->is_locked) return fail_with(EWOULDBLOCK);
  node->is_locked = true;
  return 0;
}

int ForgettingFs::rename(const std::string& from, const std::string& to) {
  const std::lock_guard lock(mutex_);
  const auto it = names_.find(from);
  if (it == names_.end()) return fail_with(ENOENT);
  const NodePtr node = it->second;
  change_names(parent(to), {{from, nullptr}, {to, node}});
  return 0;
}

int ForgettingFs::unlink(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (!names_.contains(path)) return fail_with(ENOENT);
  change_names(parent(path), {{path, nullptr}});
  return 0;
}

int ForgettingFs::make_directory(const std::string& path) {
  const std::lock_guard lock(mutex_);
  if (names_.contains(path)) return fail_with(EEXIST);
  if (!names_.contains(parent(path))) return fail_with(ENOENT);
  const auto node = std::make_shared<Node>();
  node->is_directory = true;
  change_names(parent(path), {{path, node}});
  return 0;
}

int ForgettingFs::list(const std::string& path, std::vector<std::string>& names) {
  const std::lock_guard lock(mutex_);
  if (!names_.contains(path)) return fail_with(ENOENT);
  for (const auto& [name, node] : names_)
    if (!name.empty() && parent(name) == path) names.push_back(name.substr(path.size() + 1));
  return 0;
}

int ForgettingFs::info(const std::string& path, FileInfo& out) {
  const std::lock_guard lock(mutex_);
  const auto it = names_.find(path);
  if (it == names_.end()) return fail_with(ENOENT);
  out = {.size = it->second->live.size(),
         .is_directory = it->second->is_directory,
         .is_symlink = false,
         .mode = it->second->is_directory ? 0700u : 0600u,
         .owner = 0};
  return 0;
}

int ForgettingFs::space(const std::string&, SpaceInfo& out) {
  const std::lock_guard lock(mutex_);
  out = space_;
  return 0;
}

void ForgettingFs::set_space(SpaceInfo space) {
  const std::lock_guard lock(mutex_);
  space_ = std::move(space);
}

std::string* ForgettingFs::octets(const std::string& path) {
  const std::lock_guard lock(mutex_);
  const auto it = names_.find(path);
  return it == names_.end() ? nullptr : &it->second->live;
}

std::size_t ForgettingFs::unsynced() const {
  const std::lock_guard lock(mutex_);
  std::size_t count = unsynced_names_.size();
  std::set<const Node*> seen;
  const auto add = [&](const NodePtr& node) {
    if (node && seen.insert(node.get()).second) count += node->unsynced.size();
  };
  for (const auto& [name, node] : durable_names_)
    add(node);
  for (const NameChange& change : unsynced_names_)
    for (const auto& [name, node] : change.set)
      add(node);
  return count;
}

std::unique_ptr<ForgettingFs> ForgettingFs::clone(
    const Names& names, const std::map<const Node*, std::string>& contents) const {
  auto out = std::make_unique<ForgettingFs>(options_);
  out->space_ = space_;
  for (const auto& [name, node] : names) {
    if (name.empty()) continue;
    // A file in a directory whose own name was lost can't be reached.
    bool reachable = true;
    for (std::string up = parent(name); !up.empty(); up = parent(up))
      reachable = reachable && names.contains(up);
    if (!reachable) continue;
    const auto copy = std::make_shared<Node>();
    copy->is_directory = node->is_directory;
    copy->live = copy->durable = contents.at(node.get());
    out->names_[name] = out->durable_names_[name] = copy;
  }
  return out;
}

std::unique_ptr<ForgettingFs> ForgettingFs::after_power_cut(
    const std::function<bool(std::size_t)>& survives) const {
  const std::lock_guard lock(mutex_);
  std::size_t next = 0;
  Names names = durable_names_;
  std::map<const Node*, std::string> contents;
  // The order here is the order of unsynced().
  std::vector<bool> name_survives;
  for (std::size_t i = 0; i < unsynced_names_.size(); ++i)
    name_survives.push_back(survives(next++));
  const auto settle = [&](const NodePtr& node) {
    if (!node || contents.contains(node.get())) return;
    std::string octets = node->durable;
    for (const Write& write : node->unsynced)
      if (survives(next++)) apply(write, octets);
    contents[node.get()] = std::move(octets);
  };
  for (const auto& [name, node] : durable_names_)
    settle(node);
  for (const NameChange& change : unsynced_names_)
    for (const auto& [name, node] : change.set)
      settle(node);
  for (std::size_t i = 0; i < unsynced_names_.size(); ++i) {
    if (!name_survives[i]) continue;
    for (const auto& [name, node] : unsynced_names_[i].set) {
      if (node == nullptr)
        names.erase(name);
      else
        names[name] = node;
    }
  }
  return clone(names, contents);
}

std::unique_ptr<ForgettingFs> ForgettingFs::after_kill() const {
  const std::lock_guard lock(mutex_);
  std::map<const Node*, std::string> contents;
  for (const auto& [name, node] : names_)
    contents[node.get()] = node->live;
  return clone(names_, contents);
}

}  // namespace postern::spool

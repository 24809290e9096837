#include "core/engine/admission.h"

#include "core/engine/rejections.h"

namespace postern::engine {
namespace {

std::uint64_t load(const std::atomic<std::uint64_t>& value) {
  return value.load(std::memory_order_relaxed);
}

}  // namespace

void AdmissionGate::set_limits(const AdmissionLimits& limits) {
  min_free_.store(limits.min_free.value, std::memory_order_relaxed);
  min_free_inodes_.store(limits.min_free_inodes, std::memory_order_relaxed);
  max_messages_.store(limits.max_messages, std::memory_order_relaxed);
}

void AdmissionGate::refresh() {
  if (directory_.empty()) return;
  spool::SpaceInfo space;
  // What cannot be asked is left as it was: the commit itself will tell.
  if (fs_.space(directory_, space) != 0) return;
  free_octets_.store(space.free_octets, std::memory_order_relaxed);
  // A file system that makes inodes as it needs them has no number to run out of.
  free_inodes_.store(space.total_inodes == 0 ? ~std::uint64_t{0} : space.free_inodes,
                     std::memory_order_relaxed);
}

std::optional<mail::Rejection> AdmissionGate::judge(std::uint64_t announced_size) const {
  const std::uint64_t free = load(free_octets_);
  const std::uint64_t wanted = load(min_free_);
  if (free < wanted || free - wanted < announced_size)
    return no_space(fmt::format("{} octets free, {} and the message's {} wanted", free, wanted,
                                announced_size));
  if (load(free_inodes_) < load(min_free_inodes_))
    return no_space(
        fmt::format("{} inodes free, {} wanted", load(free_inodes_), load(min_free_inodes_)));
  if (!store_.accepting()) return not_written("the spool can open no segment");
  const std::uint64_t most = load(max_messages_);
  if (most != 0 && load(queued_) >= most)
    return no_space(fmt::format("queue_message_limit: {} messages are queued", load(queued_)));
  return std::nullopt;
}

}  // namespace postern::engine

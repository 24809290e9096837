#include "core/net/post_batch.h"

#include <algorithm>
#include <utility>

namespace postern::net {
namespace {

thread_local PostBatch* innermost = nullptr;

}  // namespace

PostBatch::PostBatch() {
  if (innermost == nullptr) innermost = this;
}

PostBatch::~PostBatch() {
  if (innermost != this) return;
  innermost = nullptr;
  for (Share& share : shares_) {
    share.loop->post([functions = std::move(share.functions)]() mutable {
      for (Loop::Function& function : functions)
        function();
    });
  }
}

PostBatch* PostBatch::current() { return innermost; }

void PostBatch::add(Loop& loop, Loop::Function function) {
  auto share = std::ranges::find(shares_, &loop, &Share::loop);
  if (share == shares_.end()) share = shares_.insert(share, Share{&loop, {}});
  share->functions.push_back(std::move(function));
}

}  // namespace postern::net

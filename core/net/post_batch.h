// PostBatch: while one lives on a thread, what that thread posts to loops is kept, and handed over
// at its end with one wake-up for each loop.  For a thread that tells many at once: to wake a
// sleeping loop costs several microseconds, more than what it is usually told.
// Posts of one thread to one loop keep their order.  Nested ones leave it to the outermost.
#pragma once

#include <vector>

#include "core/net/loop.h"

namespace postern::net {

class PostBatch {
 public:
  PostBatch();
  ~PostBatch();
  PostBatch(const PostBatch&) = delete;
  PostBatch& operator=(const PostBatch&) = delete;

 private:
  friend class Loop;
  struct Share {
    Loop* loop;
    std::vector<Loop::Function> functions;
  };
  // The calling thread's; null: none.
  static PostBatch* current();
  void add(Loop& loop, Loop::Function function);

  std::vector<Share> shares_;  // a few loops: found by looking at each
};

}  // namespace postern::net

#include "core/engine/options/store.h"

#include "core/config/params.h"
#include "core/config/site_paths.h"

namespace postern::engine {
namespace params = config::params;

ByteCount minimum_free(const config::Settings& settings) {
  const ByteCount wanted = settings.get(params::queue_minfree);
  if (wanted.value != 0) return wanted;
  const ByteCount largest = settings.get(params::message_size_limit);
  return {largest.value + largest.value / 2};
}

spool::StoreOptions store_options(const config::Settings& settings) {
  spool::StoreOptions options;
  options.directory = config::spool_directory(settings);
  switch (settings.get(params::queue_durability)) {
    case config::QueueDurability::kDurable: options.durability = spool::Durability::kDurable; break;
    case config::QueueDurability::kProcess: options.durability = spool::Durability::kProcess; break;
    case config::QueueDurability::kMemory: options.durability = spool::Durability::kMemory; break;
  }
  options.allow_volatile = settings.get(params::queue_volatile_allowed);
  options.segment_size = settings.get(params::queue_segment_size);
  options.large_content = settings.get(params::queue_large_message_size);
  options.min_free = minimum_free(settings);
  options.min_free_inodes = settings.get(params::queue_inode_minfree).value;
  options.compaction_dead_share =
      1.0 - static_cast<double>(settings.get(params::queue_clean_percent)) / 100.0;
  return options;
}

std::string_view to_string(spool::Durability durability) {
  switch (durability) {
    case spool::Durability::kDurable: return "durable";
    case spool::Durability::kProcess: return "process";
    case spool::Durability::kMemory: break;
  }
  return "memory";
}

}  // namespace postern::engine

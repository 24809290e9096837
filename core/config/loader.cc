#include "core/config/loader.h"

#include <utility>

#include "core/config/name_check.h"
#include "core/config/safety_check.h"
#include "core/config/snapshot.h"

namespace postern::config {
namespace {

Loaded finish(MainCf main, MasterCf master, const Environment& environment,
              Diagnostics&& diagnostics) {
  Loaded loaded{std::nullopt, Settings(std::shared_ptr<const Snapshot>()), std::move(diagnostics)};
  auto snapshot =
      Snapshot::make(std::move(main), std::move(master), environment, loaded.diagnostics);
  loaded.tolerant = Settings(std::move(snapshot));
  check_names(loaded.tolerant, loaded.diagnostics);
  check_safety(loaded.tolerant, loaded.diagnostics);
  if (!loaded.diagnostics.has_errors()) loaded.settings = loaded.tolerant;
  return loaded;
}

}  // namespace

Loaded load_texts(std::string_view main, std::optional<std::string_view> master,
                  const Environment& environment, const LoadOptions& options) {
  Diagnostics diagnostics;
  MainCf main_cf = MainCf::parse(main, "main.cf", diagnostics, options.limits);
  MasterCf master_cf = master ? MasterCf::parse(*master, "master.cf", diagnostics, options.limits)
                              : MasterCf::built_in();
  return finish(std::move(main_cf), std::move(master_cf), environment, std::move(diagnostics));
}

Loaded load_directory(const std::string& directory, const Environment& environment,
                      const LoadOptions& options) {
  Diagnostics diagnostics;
  MainCf main_cf;
  MasterCf master_cf = MasterCf::built_in();
  const std::string main_path = directory + "/main.cf";
  const std::string master_path = directory + "/master.cf";
  if (const auto text = read_config_file(main_path, options.limits))
    main_cf = MainCf::parse(*text, main_path, diagnostics, options.limits);
  else
    diagnostics.error({main_path, 0}, "", text.error().describe());
  if (const auto text = read_config_file(master_path, options.limits))
    master_cf = MasterCf::parse(*text, master_path, diagnostics, options.limits);
  else if (options.need_master_cf || text.error().kind != ErrorKind::kNotFound)
    diagnostics.error({master_path, 0}, "", text.error().describe());
  for (const auto& [name, value] : options.overrides)
    main_cf.set_from_outside(name, value);
  // Files may say $config_directory, but where they were read decides what it is.
  if (!main_cf.find("config_directory")) main_cf.set_from_outside("config_directory", directory);
  return finish(std::move(main_cf), std::move(master_cf), environment, std::move(diagnostics));
}

Loaded load_directory(const std::string& directory) {
  return load_directory(directory, Environment::system());
}

}  // namespace postern::config

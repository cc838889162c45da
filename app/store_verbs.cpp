// The verbs `store`.
#include "app/data_directory.hpp"
#include "app/store_child.hpp"
#include "app/verbs.hpp"
#include "config/flags.hpp"
#include "storage/backup.hpp"
#include "storage/repair.hpp"

#include <CLI/CLI.hpp>
#include <array>
#include <ctime>
#include <iostream>
#include <memory>

namespace convertd {

namespace {

/// A verb of `store` with the flags that say where the data directory is.
struct given {
  given_flags place;
  std::string folder; ///< Of a backup.
  bool quick = false;
};

using work = std::function<int(const settings&, const given&)>;

std::pair<CLI::App*, std::shared_ptr<given>> add_verb(CLI::App& to, action& chosen,
                                                      const std::string& name,
                                                      const std::string& help, work what) {
  auto into = std::make_shared<given>();
  auto* verb = to.add_subcommand(name, help);
  add_place_flags(*verb, into->place);
  verb->callback([&chosen, into, what = std::move(what)] {
    chosen = [into, what] { return what(load_settings(into->place), *into); };
  });
  return {verb, into};
}

void expect_store(const std::filesystem::path& data) {
  if (!has_store(data))
    throw data_directory_error{"There is no store in " + data.string() + "."};
}

/// Nobody else has the store open while the lock is held; without it a server has.
std::unique_ptr<data_directory> lock_if_free(const std::filesystem::path& data) {
  try {
    return std::make_unique<data_directory>(data);
  } catch (const data_directory_in_use&) {
    return nullptr;
  }
}

int tell(const store_report& x, const std::filesystem::path& data) {
  for (const auto& line : x.damage)
    std::cout << line << "\n";
  if (x.damaged > x.damage.size())
    std::cout << "… and " << x.damaged - x.damage.size() << " more\n";
  std::cout << x.pages << " pages, " << x.records << " records and " << x.files
            << " files were looked at.\n";
  switch (x.state) {
    case store_state::whole: std::cout << "The store is whole.\n"; return 0;
    case store_state::not_compared:
    case store_state::unfinished:
      std::cerr << "convertd: The store could not be looked at as a whole; it may be too busy.\n";
      return exit_failed;
    default: break;
  }
  std::cerr << "convertd: " << advice(x, data) << "\n";
  return x.state == store_state::newer ? exit_newer : exit_damaged;
}

/// Of the folder `data`, which only this process uses.
store_report look(const settings& with, const std::filesystem::path& data, check_extent extent) {
  return check_in_child(data, {.extent = extent, .map_bytes = with.store.map}, milliseconds{0});
}

int check(const settings& with, const given& x) {
  expect_store(with.data);
  become_owner_of(with.data);
  auto lock = lock_if_free(with.data);
  check_options options{.extent = x.quick ? check_extent::records : check_extent::all,
                        .alone = lock != nullptr,
                        .map_bytes = with.store.map};
  return tell(check_in_child(with.data, options, milliseconds{0}), with.data);
}

/// Runs `what` in a child: LMDB may end it. True if it ended well; else says why not.
bool survives(const std::string& doing, const std::function<std::string()>& what) {
  auto end = run_in_child(what, milliseconds{0});
  if (end.exit_code == 0 && end.signal == 0) {
    std::cerr << end.said;
    return true;
  }
  std::cerr << "convertd: " << doing << " failed: "
            << (end.signal == 0 ? end.said : "the store is damaged, see \"convertd store check\".")
            << "\n";
  return false;
}

/// Whole and without a slash at its end, so that names beside it can be made.
std::filesystem::path whole_path(const std::string& text) {
  auto path = std::filesystem::absolute(text).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

int back_up_to(const settings& with, const given& x) {
  expect_store(with.data);
  auto to = whole_path(x.folder);
  auto done = survives("The backup", [&] {
    auto made = back_up(with.data, to, with.store.map);
    return "Files: " + std::to_string(made.linked) + " linked, " + std::to_string(made.copied)
           + " copied, " + std::to_string(made.missing)
           + " not there any more, which the backup says.\n";
  });
  if (!done)
    return exit_failed;
  auto found = look(with, to, check_extent::all);
  if (found.state != store_state::whole)
    return tell(found, to);
  std::cerr << "The backup " << to.string() << " is complete and whole.\n";
  return 0;
}

/// Takes the place of the kept copy once it is known to be whole.
int keep_copy(const settings& with, const given&) {
  expect_store(with.data);
  auto fresh = with.data / "copy.partial";
  std::filesystem::remove_all(fresh);
  std::filesystem::create_directory(fresh);
  auto done = survives("The copy of the store", [&] {
    copy_store(with.data, fresh / "store", with.store.map);
    return std::string{};
  });
  auto code = exit_failed;
  if (done) {
    auto found = look(with, fresh, check_extent::records);
    code = found.state == store_state::whole ? 0 : tell(found, fresh);
  }
  if (code == 0) {
    auto kept = with.data / "copy";
    std::filesystem::remove_all(kept);
    std::filesystem::rename(fresh, kept);
    sync_all(with.data);
  }
  std::filesystem::remove_all(fresh);
  return code;
}

std::string now_as_a_name() {
  std::array<char, 32> text{};
  auto now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  std::strftime(text.data(), text.size(), "%Y%m%dT%H%M%SZ", &parts);
  return text.data();
}

/// Puts the store in `fresh` in the place of the damaged one, which is kept in a folder of its own,
/// with damaged files, and those in `live` and `files/new` that no record names any more: a start
/// removes those.
int put_in_place(const settings& with, const std::filesystem::path& fresh) {
  namespace fs = std::filesystem;
  auto aside = with.data / ("damaged-" + now_as_a_name());
  fs::create_directory(aside);
  auto lost = forget_damaged(fresh, with.data, aside, with.store.map);
  auto moved = set_aside_unnamed(fresh, with.data, aside, with.store.map);
  if (fs::exists(with.data / "store"))
    fs::rename(with.data / "store", aside / "store");
  fs::rename(fresh, with.data / "store");
  sync_all(with.data);
  std::cerr << lost << " files that records name are lost or damaged, " << moved
            << " uploads have no record. What was damaged is in " << aside.string() << ".\n";
  return 0;
}

int repair(const settings& with, const given&) {
  namespace fs = std::filesystem;
  become_owner_of(with.data);
  data_directory lock{with.data};
  if (fs::exists(with.data / "store")) {
    auto found = look(with, with.data, check_extent::all);
    if (found.state == store_state::newer || found.state == store_state::whole)
      return tell(found, with.data);
  }
  auto fresh = with.data / "repaired";
  fs::remove_all(fresh);
  fs::create_directory(fresh);
  auto result = repair_store(with.data, fresh / "store", with.data / "copy", with.store.map);
  for (const auto& line : result.lost)
    std::cout << "lost or damaged: " << line << "\n";
  std::cout << result.saved << " records were saved, " << result.from_copy
            << " are as the kept copy has them.\n";
  auto found = look(with, fresh, check_extent::records);
  if (found.state != store_state::whole)
    return tell(found, fresh);
  auto code = put_in_place(with, fresh / "store");
  fs::remove_all(fresh);
  return code;
}

int restore_copy(const settings& with) {
  namespace fs = std::filesystem;
  data_directory lock{with.data};
  auto copy = with.data / "copy";
  if (!fs::exists(copy / "store"))
    throw data_directory_error{"There is no kept copy in " + with.data.string()
                               + "; name the folder of a backup."};
  auto found = look(with, copy, check_extent::records);
  if (found.state != store_state::whole)
    return tell(found, copy);
  auto fresh = with.data / "restored";
  fs::remove_all(fresh);
  fs::copy(copy / "store", fresh);
  return put_in_place(with, fresh);
}

void expect_empty(const std::filesystem::path& data) {
  for (const auto& entry : std::filesystem::directory_iterator{data})
    if (auto name = entry.path().filename(); name != "lock" && name != "restored")
      throw data_directory_error{"The data directory " + data.string()
                                 + " is not empty: a backup is put into an empty one."};
}

int restore(const settings& with, const given& x) {
  namespace fs = std::filesystem;
  become_owner_of(with.data);
  if (x.folder.empty())
    return restore_copy(with);
  auto found = look(with, x.folder, check_extent::all);
  if (found.state != store_state::whole)
    return tell(found, x.folder);
  data_directory lock{with.data};
  expect_empty(with.data);
  auto fresh = with.data / "restored";
  fs::remove_all(fresh);
  fs::create_directory(fresh);
  fs::permissions(fresh, fs::perms::owner_all);
  copy_files(x.folder, fresh);
  fs::create_directory(fresh / "store");
  fs::copy_file(fs::path{x.folder} / "store" / "data.mdb", fresh / "store" / "data.mdb");
  sync_all(fresh);
  for (const auto* name : {"live", "kept", "files", "url.key", "store"}) // the store is the last
    if (fs::exists(fresh / name))
      fs::rename(fresh / name, with.data / name);
  fs::remove(fresh);
  sync_all(with.data);
  std::cerr << "The backup is in " << with.data.string() << "; a server may start on it.\n";
  return 0;
}

} // namespace

void add_store_verbs(CLI::App& to, action& chosen) {
  auto* store = to.add_subcommand("store", "Check, save and repair what is kept");
  store->require_subcommand(1);
  auto [check_verb, of_check] =
    add_verb(*store, chosen, "check",
             "Say what is damaged, also while the server runs; exit code 3 if something is", check);
  check_verb->add_flag("--quick", of_check->quick,
                       "As a start does: without the bytes of sources and outputs");
  auto [backup_verb, of_backup] =
    add_verb(*store, chosen, "backup",
             "Make a folder a consistent copy of the data directory, also while the server runs",
             back_up_to);
  backup_verb->add_option("folder", of_backup->folder, "Made by it; not there yet")
    ->required()
    ->type_name("DIR");
  add_verb(*store, chosen, "copy",
           "Renew the copy of the store in the data directory, as the server does by itself",
           keep_copy);
  auto [restore_verb, of_restore] = add_verb(
    *store, chosen, "restore",
    "Put a backup into an empty data directory; without DIR, go back to the copy that is kept",
    restore);
  restore_verb->add_option("folder", of_restore->folder, "A backup")->type_name("DIR");
  add_verb(*store, chosen, "repair",
           "Save what can be read of a damaged store, say what is lost, keep the damaged one",
           repair);
}

} // namespace convertd

// What people read of the settings file, from the tables that read it. Pure.
#pragma once

#include <string>
#include <string_view>

namespace slipway::manual {

// The keys of one table ("fetch") for slipway.toml(5); empty where there is no such table.
std::string settings_part(std::string_view table);

// The sample file: every key with its default, commented out.
std::string sample_settings();

}  // namespace slipway::manual

package io.manta.benchmarks;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/// What is to be measured in one mode. Travels as JSON to the process of the mode.
///
/// @param parts a result is wanted when its case's name contains one of these; all are when empty
/// @param folder where logs and what nodes keep go
/// @param profiles where flight recordings go, if they are wanted
record Plan(
    Mode mode, Settings settings, List<String> parts, String folder, Optional<String> profiles) {
  boolean wants(String name) {
    return parts.isEmpty() || parts.stream().anyMatch(name::contains);
  }

  /// With the warm-up that so many nodes need.
  Plan warmingUp(int nodes) {
    return new Plan(mode, settings.warmingUp(mode.jvms(nodes)), parts, folder, profiles);
  }

  Launcher launcher() {
    return new Launcher(Path.of(folder), profiles.map(Path::of));
  }
}

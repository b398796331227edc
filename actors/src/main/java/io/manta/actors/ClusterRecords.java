package io.manta.actors;

import java.util.Map;
import java.util.function.Consumer;

/// Small records by key that every node holds: for settings, routes and the like, not for data. At
/// most some ten thousand, each well under 100 KiB. The last write to a key wins. Writes reach the
/// nodes within about a second and survive the death of any minority of them.
public interface ClusterRecords {
  /// What this process knows now.
  Map<String, byte[]> all();

  /// Writes; returns when a majority of the nodes has it.
  ///
  /// @throws io.manta.core.ClusterUnavailableException when that takes over ten seconds
  void put(String key, byte[] value);

  /// Removes; otherwise as [#put].
  void remove(String key);

  /// Calls back with all records now and after each change, one call at a time, on a thread of its
  /// own, until the subscription is closed.
  AutoCloseable subscribe(Consumer<Map<String, byte[]>> listener);
}

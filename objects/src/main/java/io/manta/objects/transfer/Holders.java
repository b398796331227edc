package io.manta.objects.transfer;

import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/// Who may have an object that is pulled. Connections are spread over them in turn; one that fails
/// twice without giving a chunk between is not asked again.
final class Holders {
  private static final int MOST_FAILURES = 2;

  private final Deque<InetSocketAddress> left = new ArrayDeque<>();
  private final Map<InetSocketAddress, Integer> failures = new HashMap<>();
  private final Map<InetSocketAddress, String> reasons = new LinkedHashMap<>();

  Holders(Collection<InetSocketAddress> addresses) {
    left.addAll(addresses);
  }

  synchronized void add(InetSocketAddress address) {
    failures.remove(address);
    if (!left.contains(address)) {
      left.addFirst(address);
    }
  }

  synchronized Optional<InetSocketAddress> next() {
    Optional<InetSocketAddress> next = Optional.ofNullable(left.pollFirst());
    next.ifPresent(left::addLast);
    return next;
  }

  synchronized void gave(InetSocketAddress address) {
    failures.remove(address);
  }

  synchronized void failed(InetSocketAddress address, String reason) {
    reasons.put(address, reason);
    if (failures.merge(address, 1, Integer::sum) >= MOST_FAILURES) {
      left.remove(address);
    }
  }

  synchronized void lacks(InetSocketAddress address) {
    reasons.put(address, "does not have it");
    left.remove(address);
  }

  /// Why each one that failed did.
  synchronized String reasons() {
    return reasons.entrySet().stream()
        .map(entry -> entry.getKey() + ": " + entry.getValue())
        .collect(Collectors.joining("; "));
  }
}

package io.manta.scheduler;

import io.manta.core.GroupNames;
import io.manta.core.PlacementGroupId;
import io.manta.core.Resources;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A node's own account of its resources. It alone admits: what others believe may be stale, but
/// never more is taken than is there. Each operation is atomic and does not block.
///
/// Bundles of placement groups are taken out of what the node has, and add resources with names of
/// their own, see [GroupNames]; what asks for those takes from the bundles.
public final class Ledger {
  private volatile Resources own;
  private final AtomicReference<Resources> available;
  private final Units gpus;
  private final ConcurrentHashMap<PlacementGroupId, BundleAccount> groups =
      new ConcurrentHashMap<>();

  private volatile Resources reserved = Resources.NONE;

  /// With what the bundles add.
  private volatile Resources total;

  public Ledger(Resources total) {
    this.own = total;
    this.total = total;
    this.available = new AtomicReference<>(total);
    this.gpus = new Units(total.units(Resources.GPU));
  }

  public Resources total() {
    return total;
  }

  /// Changes what the node has of its own, but its gpus. More may be in use than it has then: it
  /// has less than nothing free, until enough is given back.
  ///
  /// @throws IllegalArgumentException when the gpus are others
  public synchronized void resize(Resources next) {
    Resources before = own;
    if (before.units(Resources.GPU) != next.units(Resources.GPU)) {
      throw new IllegalArgumentException(
          "the gpus of a node can't be changed while it runs: it has "
              + Resources.describe(Resources.GPU, before.units(Resources.GPU)));
    }
    own = before.plus(next); // what is given back meanwhile is less than that
    available.updateAndGet(now -> now.plus(next).minus(before));
    own = next;
    total = groups.isEmpty() ? next : with(next, BundleAccount::total);
  }

  /// What the node has of its own, bundles or not.
  public Resources own() {
    return own;
  }

  public Resources available() {
    return groups.isEmpty() ? available.get() : with(available.get(), BundleAccount::available);
  }

  private Resources with(Resources node, Function<BundleAccount, Resources> of) {
    var units = new TreeMap<>(node.toUnits());
    groups.values().forEach(account -> units.putAll(of.apply(account).toUnits()));
    return Resources.ofUnits(units);
  }

  /// Takes all of the amounts or none. Parts of gpus are refused also where no single one has room
  /// for them.
  public boolean tryTake(Resources amounts) {
    return tryTake(amounts, Resources.NONE);
  }

  /// As [#tryTake(Resources)], but of each resource that is taken leaves so much.
  public boolean tryTake(Resources amounts, Resources left) {
    if (amounts.isEmpty()) {
      return true;
    }
    if (amounts.isBundled()) {
      BundleAccount account = account(amounts);
      return account != null && account.tryTake(amounts, left);
    }
    long gpu = amounts.units(Resources.GPU);
    if (gpu > 0 && !gpus.take(gpu)) {
      return false;
    }
    while (true) {
      Resources now = available.get();
      if (!now.cover(amounts, left)) {
        if (gpu > 0) {
          gpus.giveBack(gpu);
        }
        return false;
      }
      if (available.compareAndSet(now, now.minus(amounts))) {
        return true;
      }
    }
  }

  private @Nullable BundleAccount account(Resources bundled) {
    return bundled.group().map(groups::get).orElse(null);
  }

  /// Whether the amounts are of bundles that are not here, or not any more: what was taken of them
  /// is nothing any more.
  public boolean isGone(Resources amounts) {
    if (!amounts.isBundled()) {
      return false;
    }
    BundleAccount account = account(amounts);
    return account == null || !account.total().cover(amounts);
  }

  /// The ids of the gpus that were taken with these amounts, for whoever uses them now.
  public List<Integer> gpus(Resources taken) {
    if (taken.isBundled()) {
      BundleAccount account = account(taken);
      return account == null ? List.of() : account.gpus(taken);
    }
    long gpu = taken.units(Resources.GPU);
    return gpu == 0 ? List.of() : gpus.name(gpu);
  }

  /// Whoever asked for [#gpus] has done with them; the amounts stay taken.
  public void unusedGpus(Resources taken, List<Integer> ids) {
    if (ids.isEmpty()) {
      return;
    }
    if (taken.isBundled()) {
      BundleAccount account = account(taken);
      if (account != null) {
        account.unusedGpus(taken, ids);
      }
    } else {
      gpus.unname(taken.units(Resources.GPU), ids);
    }
  }

  /// Gives back what was taken, in the amounts of one [#tryTake]. What was taken from bundles that
  /// were removed since is free already.
  public void giveBack(Resources amounts) {
    if (amounts.isEmpty()) {
      return;
    }
    if (amounts.isBundled()) {
      BundleAccount account = account(amounts);
      if (account != null) {
        account.giveBack(amounts);
      }
      return;
    }
    long gpu = amounts.units(Resources.GPU);
    if (gpu > 0) {
      gpus.giveBack(gpu);
    }
    Resources before = own;
    Resources after = available.updateAndGet(now -> now.plus(amounts));
    if (!before.cover(after) && !own.cover(after)) { // it may be resized between
      throw new IllegalStateException(
          "gave back " + amounts + " that was not taken: " + after + " of " + own + " free");
    }
  }

  /// Takes what bundles are to have, all or none.
  ///
  /// @param bundles by index
  public Optional<Reservation> reserve(GroupNames names, Map<Integer, Resources> bundles) {
    var taken = new TreeMap<Integer, Reservation.Reserved>();
    for (var bundle : bundles.entrySet()) {
      if (!tryTake(bundle.getValue())) {
        taken.values().forEach(this::free);
        return Optional.empty();
      }
      taken.put(
          bundle.getKey(), new Reservation.Reserved(bundle.getValue(), gpus(bundle.getValue())));
    }
    return Optional.of(new Reservation(names, taken));
  }

  /// Gives back what was reserved and never added.
  public void cancel(Reservation reservation) {
    reservation.bundles().values().forEach(this::free);
  }

  private void free(Reservation.Reserved reserved) {
    unusedGpus(reserved.amounts(), reserved.gpus());
    giveBack(reserved.amounts());
  }

  /// Has what was reserved be taken by what asks for these bundles.
  ///
  /// @throws IllegalStateException when one of them is here already
  public synchronized void add(Reservation reservation) {
    reserved = reserved.plus(amounts(reservation.bundles().values()));
    GroupNames names = reservation.names();
    BundleAccount account =
        groups.computeIfAbsent(names.group(), missing -> new BundleAccount(names));
    reservation.bundles().forEach(account::add);
    total = with(own, BundleAccount::total);
  }

  private static Resources amounts(Collection<Reservation.Reserved> bundles) {
    return bundles.stream()
        .map(Reservation.Reserved::amounts)
        .reduce(Resources.NONE, Resources::plus);
  }

  /// What the bundles have of what the node has of its own.
  public Resources reserved() {
    return reserved;
  }

  /// The indexes of the bundles that a group has here.
  public List<Integer> bundles(PlacementGroupId group) {
    BundleAccount account = groups.get(group);
    return account == null ? List.of() : List.copyOf(account.reserved().keySet());
  }

  /// The groups that have bundles here.
  public List<PlacementGroupId> groups() {
    return List.copyOf(groups.keySet());
  }

  /// Removes all bundles of a group, and frees what they had at once, whoever uses it.
  ///
  /// @return whether anything was ever taken from them
  public synchronized boolean remove(PlacementGroupId group) {
    BundleAccount account = groups.remove(group);
    if (account == null) {
      return false;
    }
    total = groups.isEmpty() ? own : with(own, BundleAccount::total);
    boolean used = account.close();
    reserved = reserved.minus(amounts(account.reserved().values()));
    account.reserved().values().forEach(this::free);
    return used;
  }
}

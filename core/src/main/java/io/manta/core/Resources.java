package io.manta.core;

import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.function.LongBinaryOperator;
import java.util.function.Predicate;

/// Named amounts: what a node has or what work asks for. Amounts are fixed point with four
/// decimals, so that sums are exact. Names are lower case; `cpu`, `gpu` and `memory` (bytes) are
/// known to Manta, any other name is custom. Immutable; an amount of zero is the same as no entry.
/// What is of a placement group has names of its own, see [GroupNames].
public final class Resources {
  public static final String CPU = "cpu";
  public static final String GPU = "gpu";
  public static final String MEMORY = "memory";

  /// Units of the fixed point in one whole.
  public static final long SCALE = 10_000;

  public static final Resources NONE = new Resources(new String[0], new long[0]);

  private final String[] names;
  private final long[] amounts;
  private final int hash;

  /// Takes parallel arrays, names sorted, amounts in fixed point and not zero.
  private Resources(String[] names, long[] amounts) {
    for (int i = 0; i < names.length; i++) {
      names[i] = names[i].intern(); // a scheduler compares those of thousands of nodes
    }
    this.names = names;
    this.amounts = amounts;
    this.hash = 31 * Arrays.hashCode(names) + Arrays.hashCode(amounts);
  }

  public static Resources cpus(double amount) {
    return NONE.with(CPU, amount);
  }

  /// Amounts by name; as [#with] for each.
  public static Resources of(Map<String, ? extends Number> amounts) {
    Resources result = NONE;
    for (var entry : amounts.entrySet()) {
      result = result.with(entry.getKey(), entry.getValue().doubleValue());
    }
    return result;
  }

  /// Amounts in fixed point by name; what [#toUnits] gave.
  public static Resources ofUnits(Map<String, Long> units) {
    var sorted = new TreeMap<>(units);
    sorted.values().removeIf(amount -> amount == 0);
    return new Resources(
        sorted.keySet().toArray(String[]::new),
        sorted.values().stream().mapToLong(Long::longValue).toArray());
  }

  /// These with one amount set. Rounds to the nearest 0.0001; a positive amount that would round to
  /// zero, a negative one and one that is not a number are refused.
  public Resources with(String name, double amount) {
    String key = name.toLowerCase(Locale.ROOT);
    if (key.isBlank() || !key.equals(key.strip())) {
      throw new IllegalArgumentException("'" + name + "' is not a resource name");
    }
    if (BundleName.isOne(key)) {
      throw new IllegalArgumentException(
          "'" + name + "' is not a resource name: @ stands for those of placement groups");
    }
    if (!(amount >= 0)) {
      throw new IllegalArgumentException(
          "an amount of " + amount + " for resource '" + key + "' must be 0 or more");
    }
    long limit = Long.MAX_VALUE / SCALE / 4;
    if (amount > limit) {
      throw new IllegalArgumentException(
          "an amount of " + amount + " for resource '" + key + "' must be at most " + limit);
    }
    long units = Math.round(amount * SCALE);
    if (units == 0 && amount > 0) {
      throw new IllegalArgumentException(
          "an amount of " + amount + " for resource '" + key + "' is under the smallest, 0.0001");
    }
    boolean alone = names.length == 0 || (names.length == 1 && names[0].equals(key));
    if (alone) {
      return units == 0 ? NONE : new Resources(new String[] {key}, new long[] {units});
    }
    var all = new TreeMap<>(toUnits());
    all.put(key, units);
    return ofUnits(all);
  }

  /// The amount in fixed point, 0 where there is none.
  public long units(String name) {
    for (int i = 0; i < names.length; i++) {
      if (names[i] == name) { // interned, so mostly found at once
        return amounts[i];
      }
    }
    int index = Arrays.binarySearch(names, name);
    return index < 0 ? 0 : amounts[index];
  }

  /// The amount of the nth of the names of others.
  private long units(Resources others, int index) {
    String name = others.names[index];
    return index < names.length && names[index] == name ? amounts[index] : units(name);
  }

  /// The amount, 0 where there is none.
  public double amount(String name) {
    return (double) units(name) / SCALE;
  }

  public double cpus() {
    return amount(CPU);
  }

  public double gpus() {
    return amount(GPU);
  }

  public DataSize memory() {
    return new DataSize(Math.max(0, units(MEMORY) / SCALE));
  }

  public boolean isEmpty() {
    return names.length == 0;
  }

  /// Whether these are of the bundles of a placement group, rather than of nodes. Amounts that work
  /// asks for are either all so or none.
  public boolean isBundled() {
    return names.length > 0 && BundleName.isOne(names[0]);
  }

  /// The placement group that these are of, when they are [#isBundled].
  public Optional<PlacementGroupId> group() {
    return isBundled() ? Optional.of(BundleName.parse(names[0]).group()) : Optional.empty();
  }

  /// Those that are not of placement groups.
  public Resources plain() {
    return without(BundleName::isOne);
  }

  /// These without a resource, also without that of bundles.
  public Resources without(String name) {
    return without(other -> other.equals(name) || BundleName.isOf(name, other));
  }

  private Resources without(Predicate<String> which) {
    if (Arrays.stream(names).noneMatch(which)) {
      return this;
    }
    var rest = new TreeMap<>(toUnits());
    rest.keySet().removeIf(which);
    return ofUnits(rest);
  }

  /// Whether there is some of a resource, of a node or of bundles.
  public boolean includes(String name) {
    if (units(name) > 0) {
      return true;
    }
    for (String other : names) {
      if (BundleName.isOf(name, other)) {
        return true;
      }
    }
    return false;
  }

  /// Only what is asked for, whatever there is of it.
  public Resources only(Resources asked) {
    return without(name -> Arrays.binarySearch(asked.names, name) < 0);
  }

  public Collection<String> names() {
    return Arrays.asList(names.clone());
  }

  /// Amounts in fixed point by name, sorted by name.
  public Map<String, Long> toUnits() {
    var map = new LinkedHashMap<String, Long>();
    for (int i = 0; i < names.length; i++) {
      map.put(names[i], amounts[i]);
    }
    return map;
  }

  /// Amounts by name, sorted by name.
  public Map<String, Double> toMap() {
    var map = new LinkedHashMap<String, Double>();
    toUnits().forEach((name, units) -> map.put(name, (double) units / SCALE));
    return map;
  }

  public Resources plus(Resources other) {
    return combine(other, Long::sum);
  }

  /// These less the other; an amount may become negative.
  public Resources minus(Resources other) {
    return combine(other, (mine, others) -> mine - others);
  }

  /// Each amount times a whole number.
  public Resources times(int factor) {
    long[] scaled = Arrays.stream(amounts).map(amount -> amount * factor).toArray();
    return factor == 0 ? NONE : new Resources(names, scaled);
  }

  /// Whether these have at least each amount asked for.
  public boolean cover(Resources asked) {
    for (int i = 0; i < asked.names.length; i++) {
      if (units(asked, i) < asked.amounts[i]) {
        return false;
      }
    }
    return true;
  }

  /// Whether these have at least each amount asked for, and so much of the same resource beyond it.
  public boolean cover(Resources asked, Resources beyond) {
    for (int i = 0; i < asked.names.length; i++) {
      if (units(asked, i) < asked.amounts[i] + beyond.units(asked, i)) {
        return false;
      }
    }
    return true;
  }

  /// Of what is asked for, the resource of which most is in use once that is taken: which part of
  /// the total, 0 to 1.
  ///
  /// @param available of these, which are the total
  public double used(Resources available, Resources asked) {
    double most = 0;
    for (int i = 0; i < asked.names.length; i++) {
      long all = units(asked, i);
      if (all > 0) {
        long left = available.units(asked, i) - asked.amounts[i];
        most = Math.max(most, 1 - (double) left / all);
      }
    }
    return most;
  }

  private Resources combine(Resources other, LongBinaryOperator operator) {
    if (other.isEmpty()) {
      return this;
    }
    if (Arrays.equals(names, other.names)) {
      long[] sums = new long[amounts.length];
      boolean zero = false;
      for (int i = 0; i < sums.length; i++) {
        sums[i] = operator.applyAsLong(amounts[i], other.amounts[i]);
        zero |= sums[i] == 0;
      }
      if (!zero) {
        return new Resources(names, sums);
      }
    }
    var all = new TreeMap<>(toUnits());
    other
        .toUnits()
        .forEach(
            (name, units) ->
                all.put(name, operator.applyAsLong(all.getOrDefault(name, 0L), units)));
    return ofUnits(all);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Resources that
        && hash == that.hash
        && Arrays.equals(names, that.names)
        && Arrays.equals(amounts, that.amounts);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  /// For people: `2 cpu, 0.5 gpu, 4.0 GiB memory`, or `nothing`; of a bundle `2 cpu of bundle 1 of
  /// placement group trial`.
  @Override
  public String toString() {
    if (isEmpty()) {
      return "nothing";
    }
    var joiner = new StringJoiner(", ");
    for (int i = 0; i < names.length; i++) {
      if (!BundleName.isOne(names[i])) {
        joiner.add(describe(names[i], amounts[i]));
      }
    }
    bundled().forEach((where, what) -> joiner.add(what + " of " + where));
    return joiner.toString();
  }

  /// What is of each bundle, by its name for people. What is of any bundle of a group is left out
  /// where it is of one of them too.
  private Map<String, StringJoiner> bundled() {
    var bundled = new LinkedHashMap<String, StringJoiner>();
    for (int i = 0; i < names.length; i++) {
      if (BundleName.isOne(names[i])) {
        BundleName name = BundleName.parse(names[i]);
        boolean again = name.index().isEmpty() && hasBundleOf(name);
        boolean marks = GroupNames.isMark(name.resource());
        StringJoiner of =
            again ? null : bundled.computeIfAbsent(name.where(), w -> noMoreThanNothing());
        if (of != null && !marks) {
          of.add(describe(name.resource(), amounts[i]));
        }
      }
    }
    return bundled;
  }

  private static StringJoiner noMoreThanNothing() {
    return new StringJoiner(", ").setEmptyValue("nothing");
  }

  private boolean hasBundleOf(BundleName any) {
    return Arrays.stream(names)
        .filter(BundleName::isOne)
        .map(BundleName::parse)
        .anyMatch(
            name ->
                name.index().isPresent()
                    && name.resource().equals(any.resource())
                    && name.group().equals(any.group()));
  }

  /// One amount in fixed point for people.
  public static String describe(String name, long units) {
    if (BundleName.isOne(name)) {
      BundleName bundle = BundleName.parse(name);
      return describe(bundle.resource(), units) + " of " + bundle.where();
    }
    if (name.equals(MEMORY)) {
      return new DataSize(Math.max(0, units / SCALE)) + " memory";
    }
    String number =
        units % SCALE == 0 ? Long.toString(units / SCALE) : Double.toString((double) units / SCALE);
    return number + " " + name;
  }
}

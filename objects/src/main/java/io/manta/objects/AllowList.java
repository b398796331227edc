package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.serializers.ClosureSerializer;
import io.manta.objects.security.Refusals;
import java.util.List;
import java.util.Set;
import org.slf4j.LoggerFactory;

/// Which classes may cross the wire: those of the JDK that are plain values, throwables, Manta's
/// own, and of all others those of the packages named, or any when none is named. What is the
/// platform's (sockets, threads, streams, Pekko) never may.
///
/// @param packages each with all below it
record AllowList(Set<String> packages) {
  /// The setting that names the packages.
  static final String SETTING = "serialization-packages";

  private static final Refusals REFUSALS = new Refusals(LoggerFactory.getLogger(AllowList.class));

  private static final List<String> PLATFORM =
      List.of("java.", "javax.", "jdk.", "sun.", "com.sun.", "org.apache.pekko.", "scala.");

  /// Packages of the JDK whose public types are values, collections or functions.
  private static final Set<String> VALUE_PACKAGES =
      Set.of("java.math", "java.time", "java.time.chrono", "java.time.zone", "java.util.function");

  private static final Set<String> VALUE_CLASSES =
      Set.of(
          "java.lang.Boolean",
          "java.lang.Byte",
          "java.lang.Short",
          "java.lang.Character",
          "java.lang.Integer",
          "java.lang.Long",
          "java.lang.Float",
          "java.lang.Double",
          "java.lang.String",
          "java.lang.StringBuilder",
          "java.lang.StringBuffer",
          "java.lang.Object",
          "java.lang.Class",
          "java.lang.Number",
          "java.lang.Enum",
          "java.lang.Record",
          "java.lang.StackTraceElement",
          "java.lang.Comparable",
          "java.lang.CharSequence",
          "java.net.URI",
          "java.nio.charset.Charset",
          "java.util.AbstractMap$SimpleEntry",
          "java.util.AbstractMap$SimpleImmutableEntry",
          "java.util.ArrayDeque",
          "java.util.ArrayList",
          "java.util.Arrays$ArrayList",
          "java.util.BitSet",
          "java.util.Calendar",
          "java.util.Collection",
          "java.util.Collections$CopiesList",
          "java.util.Collections$EmptyList",
          "java.util.Collections$EmptyMap",
          "java.util.Collections$EmptySet",
          "java.util.Collections$ReverseComparator",
          "java.util.Collections$SingletonList",
          "java.util.Collections$SingletonMap",
          "java.util.Collections$SingletonSet",
          "java.util.Collections$UnmodifiableCollection",
          "java.util.Collections$UnmodifiableList",
          "java.util.Collections$UnmodifiableMap",
          "java.util.Collections$UnmodifiableRandomAccessList",
          "java.util.Collections$UnmodifiableSet",
          "java.util.Collections$UnmodifiableSortedMap",
          "java.util.Collections$UnmodifiableSortedSet",
          "java.util.Currency",
          "java.util.Date",
          "java.util.EnumMap",
          "java.util.EnumSet",
          "java.util.GregorianCalendar",
          "java.util.HashMap",
          "java.util.HashSet",
          "java.util.IdentityHashMap",
          "java.util.ImmutableCollections$List12",
          "java.util.ImmutableCollections$ListN",
          "java.util.ImmutableCollections$SubList",
          "java.util.ImmutableCollections$Map1",
          "java.util.ImmutableCollections$MapN",
          "java.util.ImmutableCollections$Set12",
          "java.util.ImmutableCollections$SetN",
          "java.util.JumboEnumSet",
          "java.util.KeyValueHolder",
          "java.util.LinkedHashMap",
          "java.util.LinkedHashSet",
          "java.util.LinkedList",
          "java.util.List",
          "java.util.Locale",
          "java.util.Map",
          "java.util.Optional",
          "java.util.OptionalDouble",
          "java.util.OptionalInt",
          "java.util.OptionalLong",
          "java.util.PriorityQueue",
          "java.util.RegularEnumSet",
          "java.util.Set",
          "java.util.Stack",
          "java.util.TimeZone",
          "java.util.TreeMap",
          "java.util.TreeSet",
          "java.util.UUID",
          "java.util.Vector",
          "java.util.WeakHashMap",
          "java.util.concurrent.ConcurrentHashMap",
          "java.util.concurrent.ConcurrentHashMap$KeySetView",
          "java.util.concurrent.ConcurrentLinkedDeque",
          "java.util.concurrent.ConcurrentLinkedQueue",
          "java.util.concurrent.ConcurrentSkipListMap",
          "java.util.concurrent.ConcurrentSkipListSet",
          "java.util.concurrent.CopyOnWriteArrayList",
          "java.util.concurrent.CopyOnWriteArraySet",
          "java.util.concurrent.TimeUnit",
          "java.util.concurrent.atomic.AtomicBoolean",
          "java.util.concurrent.atomic.AtomicInteger",
          "java.util.concurrent.atomic.AtomicLong");

  AllowList {
    packages = Set.copyOf(packages);
  }

  /// @throws IllegalArgumentException naming the class and what to do
  void check(Class<?> type) {
    Class<?> element = type;
    while (element.isArray()) {
      element = element.getComponentType();
    }
    if (element.isPrimitive() || isValue(element)) {
      return;
    }
    String name = element.getName();
    if (element.isHidden() || PLATFORM.stream().anyMatch(name::startsWith)) {
      throw new IllegalArgumentException(
          readable(type)
              + " is not a value that can travel; keep it out of what tasks capture and return"
              + (element.isHidden() ? ", or make its interface extend java.io.Serializable" : ""));
    }
    if (!names(element)) {
      throw new IllegalArgumentException(
          "%s can't travel: %s = %s does not name its package; add %s there, on every node and driver"
              .formatted(
                  readable(type),
                  SETTING,
                  String.join(",", packages.stream().sorted().toList()),
                  element.getPackageName()));
    }
  }

  /// As [#check], of a class that another process named; warns of one that is refused.
  void checkArrived(Class<?> type) {
    try {
      check(type);
    } catch (IllegalArgumentException e) {
      REFUSALS.refused(
          "a value of " + readable(type) + " from another process", String.valueOf(e.getMessage()));
      throw e;
    }
  }

  /// Whether a throwable of that class may be made of its bytes.
  boolean admitsFailure(Class<?> type) {
    return PLATFORM.stream().anyMatch(type.getName()::startsWith) || names(type);
  }

  private boolean names(Class<?> type) {
    String name = type.getName();
    return packages.isEmpty()
        || name.startsWith("io.manta.")
        || packages.stream().anyMatch(allowed -> name.startsWith(allowed + "."));
  }

  private boolean isValue(Class<?> type) {
    return type == ClosureSerializer.Closure.class
        || VALUE_CLASSES.contains(type.getName())
        || (Throwable.class.isAssignableFrom(type) && admitsFailure(type))
        || (VALUE_PACKAGES.contains(type.getPackageName()) && !type.isHidden())
        || (type.isEnum() && type.getName().startsWith("java."));
  }

  /// The class's name for people.
  static String readable(Class<?> type) {
    String name = type.getTypeName();
    int hidden = name.indexOf("$$Lambda");
    return hidden < 0 ? name : "a lambda of " + name.substring(0, hidden);
  }
}

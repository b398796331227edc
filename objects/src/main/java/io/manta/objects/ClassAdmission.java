package io.manta.objects;

import com.esotericsoftware.kryo.kryo5.Registration;
import com.esotericsoftware.kryo.kryo5.serializers.ClosureSerializer;
import com.esotericsoftware.kryo.kryo5.util.DefaultClassResolver;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Which classes may cross the wire: every one that is not the JDK's or Pekko's, and those of the
/// JDK that are plain values.
final class ClassAdmission extends DefaultClassResolver {
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
          "java.lang.Void",
          "java.lang.Number",
          "java.lang.Enum",
          "java.lang.Record",
          "java.lang.StackTraceElement",
          "java.lang.Comparable",
          "java.lang.CharSequence",
          "java.net.URI",
          "java.net.URL",
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

  private final JobClasses classes;

  ClassAdmission(JobClasses classes) {
    this.classes = classes;
  }

  @Override
  @SuppressWarnings("rawtypes")
  public Registration registerImplicit(Class type) {
    check(type);
    return super.registerImplicit(type);
  }

  @Override
  protected @Nullable Class<?> getTypeByName(String className) {
    Class<?> known = super.getTypeByName(className);
    if (known != null) {
      return known;
    }
    try {
      return className.startsWith("[") ? null : classes.load(className);
    } catch (ClassNotFoundException e) {
      throw new IllegalArgumentException("class " + className + " is not known here", e);
    }
  }

  private static void check(Class<?> type) {
    Class<?> element = type;
    while (element.isArray()) {
      element = element.getComponentType();
    }
    if (!admitted(element)) {
      throw new IllegalArgumentException(
          readable(type)
              + " is not a value that can travel; keep it out of what tasks capture and return"
              + (type.isHidden() ? ", or make its interface extend java.io.Serializable" : ""));
    }
  }

  private static boolean admitted(Class<?> type) {
    if (type.isPrimitive()
        || type == ClosureSerializer.Closure.class
        || Throwable.class.isAssignableFrom(type)) {
      return true;
    }
    if (type.isHidden()) {
      return false;
    }
    String name = type.getName();
    if (PLATFORM.stream().noneMatch(name::startsWith)) {
      return true;
    }
    return VALUE_CLASSES.contains(name)
        || VALUE_PACKAGES.contains(type.getPackageName())
        || (type.isEnum() && name.startsWith("java."))
        || java.nio.file.Path.class.isAssignableFrom(type);
  }

  static String readable(Class<?> type) {
    String name = type.getTypeName();
    int hidden = name.indexOf("$$Lambda");
    return hidden < 0 ? name : "a lambda of " + name.substring(0, hidden);
  }
}

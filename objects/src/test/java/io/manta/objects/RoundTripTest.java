package io.manta.objects;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.manta.core.RemoteCallable;
import io.manta.core.RemoteFunction;
import io.manta.core.SerializationException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.Period;
import java.time.Year;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Comparator;
import java.util.Currency;
import java.util.Date;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.GregorianCalendar;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.LinkedList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.TimeZone;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CopyOnWriteArraySet;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// What comes back is what went in.
class RoundTripTest {
  private final ValueCodec codec =
      new ValueCodec(JobClasses.of(getClass().getClassLoader()), List.of());

  enum Level {
    LOW,
    HIGH {
      @Override
      int rank() {
        return 2;
      }
    };

    int rank() {
      return 1;
    }
  }

  enum Empty {}

  record All(
      boolean z, byte b, short s, char c, int i, long j, float f, double d, String t, Object o) {}

  record Pair<A, B>(A first, B second) {}

  record Nothing() {}

  static class Base {
    private int hidden = 1;
    transient int cached = 5;
  }

  static final class Derived extends Base {
    private final int hidden;
    private final List<Object> parts = new ArrayList<>();

    Derived(int hidden) {
      this.hidden = hidden;
    }
  }

  static final class Chain {
    Chain next;
  }

  @SuppressWarnings("unchecked")
  private <T> T copy(T value) {
    return (T) codec.decode(codec.encode(value));
  }

  static List<Object> equalValues() {
    var map = new LinkedHashMap<Object, Object>();
    map.put(null, 1);
    map.put("k", null);
    var enums = new EnumMap<Level, Object>(Map.of(Level.HIGH, 1, Level.LOW, "x"));
    return List.of(
        true,
        (byte) -1,
        (short) -300,
        'x',
        -5,
        Long.MIN_VALUE,
        1.5f,
        Double.MIN_VALUE,
        "",
        "text",
        "žluťoučký 🐎",
        "x".repeat(100_000),
        BigInteger.TEN.pow(100),
        new BigDecimal("1.50"),
        Level.LOW,
        Level.HIGH,
        new All(true, (byte) 1, (short) 2, 'c', -4, 5L, 6f, 7d, "t", List.of(1)),
        new All(false, (byte) 0, (short) 0, 'c', 0, 0L, 0f, 0d, null, null),
        new Pair<>(new Pair<>(1, "x"), Optional.of(List.of())),
        new Nothing(),
        new ArrayList<>(Arrays.asList(1, null, "x", 2L)),
        new ArrayList<>(Collections.nCopies(1000, null)),
        new LinkedList<>(List.of(1, 2)),
        List.of(),
        List.of(1),
        List.of(1, 2, 3),
        Stream.of(1, null).toList(),
        Arrays.asList(1, null),
        Collections.emptyList(),
        Collections.singletonList(1),
        Collections.nCopies(3, "x"),
        Collections.unmodifiableList(new ArrayList<>(List.of(1))),
        Collections.unmodifiableList(new LinkedList<>(List.of(1))),
        new CopyOnWriteArrayList<>(List.of(1, 2)),
        new java.util.Vector<>(List.of(1)),
        new HashSet<>(List.of(1, 2)),
        new LinkedHashSet<>(List.of(2, 1)),
        new TreeSet<>(List.of("b", "a")),
        new ConcurrentSkipListSet<>(List.of(3, 1)),
        new CopyOnWriteArraySet<>(List.of(1)),
        ConcurrentHashMap.newKeySet(),
        Set.of(),
        Set.of(1),
        Set.of(1, 2, 3),
        Collections.emptySet(),
        Collections.singleton("x"),
        Collections.unmodifiableSet(new HashSet<>(List.of(1))),
        Collections.unmodifiableSortedSet(new TreeSet<>(List.of(1))),
        EnumSet.noneOf(Level.class),
        EnumSet.allOf(Level.class),
        EnumSet.of(Level.HIGH),
        map,
        new HashMap<>(Map.of("a", 1)),
        new TreeMap<>(Map.of("a", 1)),
        new ConcurrentHashMap<>(Map.of("a", 1)),
        new ConcurrentSkipListMap<>(Map.of("a", 1)),
        new java.util.WeakHashMap<>(Map.of("a", 1)),
        enums,
        new EnumMap<Level, Object>(Level.class),
        Map.of(),
        Map.of(1, 2),
        Map.of(1, 2, 3, 4),
        Collections.emptyMap(),
        Collections.singletonMap("k", null),
        Collections.unmodifiableMap(new HashMap<>(Map.of(1, 2))),
        Collections.unmodifiableSortedMap(new TreeMap<>(Map.of(1, 2))),
        Map.entry(1, 2),
        new java.util.AbstractMap.SimpleEntry<>("k", null),
        Optional.empty(),
        Optional.of("x"),
        OptionalInt.of(1),
        OptionalLong.empty(),
        OptionalDouble.of(2),
        Instant.now(),
        Duration.ofNanos(-1),
        Period.ofDays(3),
        LocalDate.EPOCH,
        LocalTime.NOON,
        LocalDateTime.MAX,
        ZonedDateTime.now(ZoneId.of("Europe/Prague")),
        OffsetDateTime.now(ZoneOffset.ofHours(2)),
        ZoneId.of("Europe/Prague"),
        ZoneOffset.UTC,
        Year.of(2026),
        YearMonth.of(2026, 1),
        java.time.DayOfWeek.MONDAY,
        new Date(5),
        new GregorianCalendar(2026, 1, 1),
        TimeZone.getTimeZone("Europe/Prague"),
        Locale.GERMANY,
        Currency.getInstance("EUR"),
        StandardCharsets.UTF_16,
        UUID.randomUUID(),
        java.net.URI.create("http://x/y"),
        Path.of("/a/b"),
        BitSet.valueOf(new long[] {5, 1}),
        String.class,
        int.class,
        Integer.class,
        Level.class);
  }

  @TestFactory
  Stream<DynamicTest> shouldKeepWhatIsEqual() {
    return equalValues().stream()
        .map(
            value ->
                dynamicTest(
                    value.getClass().getName(),
                    () -> {
                      Object copy = copy(value);
                      assertThat(copy).isEqualTo(value).hasSameClassAs(value);
                      assertThat(copy(new Pair<>(value, value)).first()).isEqualTo(value);
                    }));
  }

  @Test
  void shouldKeepArrays() {
    Object[] arrays = {
      new boolean[] {true, false},
      new byte[] {1},
      new short[] {-2},
      new char[] {'x'},
      new int[] {1, Integer.MIN_VALUE},
      new long[] {Long.MAX_VALUE},
      new float[] {Float.NaN, 1},
      new double[] {-0.0},
      new int[0],
      new String[] {"a", null, "b"},
      new Level[] {Level.HIGH, null},
      new int[][] {{1}, null, {}},
      new Object[] {1, new Object[] {"x"}, new List<?>[] {List.of(1)}},
      new Pair<?, ?>[] {new Pair<>(1, 2)},
    };
    for (Object array : arrays) {
      assertThat(copy(array)).isEqualTo(array).hasSameClassAs(array).isNotSameAs(array);
    }
    assertThat(Arrays.deepEquals(copy(arrays), arrays)).isTrue();
  }

  @Test
  void shouldKeepWhatComesBackInAnotherClassOrHasNoEquals() {
    assertThat(copy(new StringBuilder("abc"))).hasToString("abc");
    assertThat(copy(List.of(1, 2, 3, 4).subList(1, 3))).containsExactly(2, 3);
    assertThat(copy(new ArrayDeque<>(List.of(1, 2)))).containsExactly(1, 2);
    var queue = new PriorityQueue<Integer>(Comparator.reverseOrder());
    queue.addAll(List.of(1, 3, 2));
    assertThat(copy(queue).poll()).isEqualTo(3);
    assertThat(copy(Collections.unmodifiableCollection(List.of(1)))).containsExactly(1);
    assertThat(copy(new IdentityHashMap<>(Map.of("a", 1)))).containsValue(1);
    var set = new TreeSet<String>(Comparator.reverseOrder());
    set.addAll(List.of("a", "b"));
    assertThat(copy(set)).containsExactly("b", "a");
    assertThat(copy(Level.HIGH).rank()).isEqualTo(2);
    Derived derived = copy(new Derived(7));
    assertThat(derived.hidden).isEqualTo(7);
    assertThat(((Base) derived).hidden).isEqualTo(1);
    assertThat(derived.parts).isEmpty();
  }

  @Test
  void shouldKeepWhatAnAnonymousClassCaptured() throws Exception {
    int number = Integer.parseInt("7");
    assertThat(copy(Capturing.body(number)).call()).isEqualTo(7);
  }

  private static final class Capturing {
    static RemoteCallable<Integer> body(int number) {
      return new RemoteCallable<>() {
        @Override
        public Integer call() {
          return number;
        }
      };
    }
  }

  @Test
  void shouldKeepLambdasInLambdas() throws Exception {
    int x = Integer.parseInt("3");
    String y = "text";
    RemoteCallable<String> inner = () -> x + y;
    RemoteCallable<String> outer = () -> inner.call() + x;
    for (int i = 0; i < 3; i++) {
      assertThat(copy(outer).call()).isEqualTo("3text3");
    }
    byte b = 1;
    double d = 2.5;
    long[] array = {5};
    RemoteCallable<Double> wide = () -> b + d + array[0];
    for (int i = 0; i < 3; i++) {
      assertThat(copy(wide).call()).isEqualTo(8.5);
    }
  }

  private abstract static class Shape {
    private final String name;

    Shape(String name) {
      this.name = name;
    }

    String name() {
      return name;
    }
  }

  private static final class Circle extends Shape {
    Circle() {
      super("circle");
    }
  }

  private static final class Square extends Shape {
    Square() {
      super("square");
    }
  }

  @Test
  void shouldKeepApartTheSameMethodReferenceForTwoTypes() throws Exception {
    RemoteFunction<Circle, String> ofCircle = Shape::name;
    RemoteFunction<Square, String> ofSquare = Shape::name;
    assertThat(copy(ofCircle).apply(new Circle())).isEqualTo("circle");
    assertThat(copy(ofSquare).apply(new Square())).isEqualTo("square");
    String text = "7";
    RemoteFunction<Integer, Boolean> equalsInteger = text::equals;
    RemoteFunction<String, Boolean> equalsString = text::equals;
    assertThat(copy(equalsInteger).apply(7)).isFalse();
    for (int i = 0; i < 3; i++) {
      assertThat(copy(equalsString).apply("7")).isTrue();
    }
    List<String> list = List.of("a");
    String word = "a";
    RemoteCallable<Class<?>> classOfList = list::getClass;
    RemoteCallable<Class<?>> classOfWord = word::getClass;
    for (int i = 0; i < 3; i++) {
      assertThat(copy(classOfList).call()).isEqualTo(list.getClass());
      assertThat(copy(classOfWord).call()).isEqualTo(String.class);
    }
    RemoteFunction<Integer, String> textOfInteger = String::valueOf;
    RemoteFunction<Boolean, String> textOfBoolean = String::valueOf;
    assertThat(copy(textOfInteger).apply(7)).isEqualTo("7");
    assertThat(copy(copy(textOfBoolean)).apply(true)).isEqualTo("true");
    RemoteFunction<Circle, Optional<Shape>> boxedCircle = Optional::of;
    RemoteFunction<Square, Optional<Shape>> boxedSquare = Optional::of;
    assertThat(copy(boxedCircle).apply(new Circle()).orElseThrow().name()).isEqualTo("circle");
    assertThat(copy(boxedSquare).apply(new Square()).orElseThrow().name()).isEqualTo("square");
    RemoteFunction<TreeSet<String>, ArrayList<String>> listOfSet = ArrayList::new;
    RemoteFunction<ArrayDeque<String>, ArrayList<String>> listOfQueue = ArrayList::new;
    assertThat(copy(listOfSet).apply(new TreeSet<>(Set.of("a")))).containsExactly("a");
    assertThat(copy(listOfQueue).apply(new ArrayDeque<>(List.of("b")))).containsExactly("b");
  }

  @Test
  void shouldKeepIdentity() {
    var shared = new ArrayList<>(List.of(1));
    var immutable = List.of(shared);
    Object[] copies = copy(new Object[] {shared, shared, immutable, immutable});
    assertThat(copies[1]).isSameAs(copies[0]);
    assertThat(copies[3]).isSameAs(copies[2]);
    assertThat(((List<?>) copies[2]).getFirst()).isSameAs(copies[0]);
    float[] bulk = new float[10_000];
    Object[] bulks = copy(new Object[] {bulk, bulk});
    assertThat(bulks[1]).isSameAs(bulks[0]);
  }

  @Test
  void shouldKeepCyclesOfWhatCanBeChanged() {
    var list = new ArrayList<Object>();
    list.add(list);
    ArrayList<Object> copied = copy(list);
    assertThat(copied.getFirst()).isSameAs(copied);
    var map = new HashMap<String, Object>();
    map.put("self", new Object[] {map});
    HashMap<String, Object> mapped = copy(map);
    assertThat(((Object[]) mapped.get("self"))[0]).isSameAs(mapped);
  }

  @Test
  void shouldRefuseARecordThatIsPartOfItself() {
    var list = new ArrayList<Object>();
    var pair = new Pair<>(1, list);
    list.add(pair);
    assertThatThrownBy(() -> codec.encode(pair))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining(".second[0]")
        .hasMessageContaining("is part of itself");
  }

  @Test
  void shouldRefuseWhatIsNestedTooDeep() {
    var first = new Chain();
    var last = first;
    for (int i = 0; i < 100_000; i++) {
      last.next = new Chain();
      last = last.next;
    }
    assertThatThrownBy(() -> codec.encode(first))
        .isInstanceOf(SerializationException.class)
        .hasMessageContaining(".next.next")
        .hasMessageContaining("nested deeper than 1000 levels; flatten it");
    assertThat(first.next).isNotNull();
  }

  @Test
  void shouldKeepWhatIsNestedDeepOnAVirtualThread() throws InterruptedException {
    Object value = "leaf";
    for (int i = 0; i < 990; i++) {
      value = i % 2 == 0 ? new Pair<>(value, i) : new ArrayList<>(List.of(value));
    }
    Object nested = value;
    var copies = new ArrayList<Object>();
    Thread thread = Thread.startVirtualThread(() -> copies.add(copy(nested)));
    thread.join();
    assertThat(copies).hasSize(1);
  }

  @Test
  void shouldRefuseWhatIsNoValueOnWritingAndOnReading() {
    for (Object value :
        new Object[] {
          Thread.currentThread(),
          getClass().getClassLoader(),
          new java.io.ByteArrayInputStream(new byte[0]),
          new java.util.concurrent.locks.ReentrantLock(),
          new java.util.Random(),
        }) {
      assertThatThrownBy(() -> codec.encode(List.of(value)))
          .isInstanceOf(SerializationException.class)
          .hasMessageContaining("[0] can't be encoded")
          .hasMessageContaining("is not a value that can travel");
    }
  }
}

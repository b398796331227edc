package io.manta.objects;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.AccessibleObject;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a record or class is on the wire: its fields by name and kind, sorted by name, read and set
/// by handles that are made once per class. Static and transient fields are left out; of a record
/// the components count.
///
/// @param constructor takes an array of all parts; only of a record
record Shape(Class<?> type, Part[] parts, Optional<MethodHandle> constructor) {
  /// @param kind the letter of a primitive type as in a class file, [#TEXT] or [#OBJECT]
  /// @param getter takes an Object; gives the primitive, or an Object
  /// @param setter takes an Object and the primitive, or an Object; null of a record
  record Part(
      String name,
      char kind,
      Class<?> type,
      int index,
      MethodHandle getter,
      @Nullable MethodHandle setter) {}

  static final char TEXT = 'T';
  static final char OBJECT = 'L';

  private static final MethodHandles.Lookup LOOKUP = MethodHandles.lookup();
  private static final ClassValue<Shape> SHAPES =
      new ClassValue<>() {
        @Override
        protected Shape computeValue(Class<?> type) {
          return make(type);
        }
      };

  static Shape of(Class<?> type) {
    return SHAPES.get(type);
  }

  boolean isRecord() {
    return constructor.isPresent();
  }

  private static Shape make(Class<?> type) {
    try {
      var parts = new ArrayList<Part>();
      Optional<MethodHandle> constructor = Optional.empty();
      if (type.isRecord()) {
        RecordComponent[] components = type.getRecordComponents();
        for (int i = 0; i < components.length; i++) {
          parts.add(part(components[i], i));
        }
        constructor = Optional.of(constructor(type, components));
      } else {
        addFields(type, parts);
      }
      parts.sort(Comparator.comparing(Part::name));
      return new Shape(type, parts.toArray(Part[]::new), constructor);
    } catch (IllegalAccessException | NoSuchMethodException e) {
      throw new IllegalArgumentException("the fields of " + type.getName() + " can't be read", e);
    }
  }

  private static MethodHandle constructor(Class<?> type, RecordComponent[] components)
      throws IllegalAccessException, NoSuchMethodException {
    var types = new Class<?>[components.length];
    for (int i = 0; i < types.length; i++) {
      types[i] = components[i].getType();
    }
    MethodHandle made = LOOKUP.unreflectConstructor(opened(type.getDeclaredConstructor(types)));
    return made.asSpreader(Object[].class, types.length)
        .asType(MethodType.methodType(Object.class, Object[].class));
  }

  private static Part part(RecordComponent component, int index) throws IllegalAccessException {
    Class<?> type = component.getType();
    MethodHandle getter = LOOKUP.unreflect(opened(component.getAccessor()));
    return new Part(component.getName(), kind(type), type, index, erased(getter), null);
  }

  private static void addFields(Class<?> type, List<Part> parts) throws IllegalAccessException {
    var names = new HashSet<String>();
    for (Class<?> at = type; at != null && at != Object.class; at = at.getSuperclass()) {
      for (Field field : at.getDeclaredFields()) {
        if ((field.getModifiers() & (Modifier.STATIC | Modifier.TRANSIENT)) == 0) {
          String name = field.getName();
          parts.add(
              new Part(
                  names.add(name) ? name : at.getName() + "." + name,
                  kind(field.getType()),
                  field.getType(),
                  parts.size(),
                  erased(LOOKUP.unreflectGetter(opened(field))),
                  erased(LOOKUP.unreflectSetter(field))));
        }
      }
    }
  }

  private static <T extends AccessibleObject> T opened(T member) {
    member.setAccessible(true);
    return member;
  }

  private static MethodHandle erased(MethodHandle handle) {
    return handle.asType(handle.type().erase().changeParameterType(0, Object.class));
  }

  private static char kind(Class<?> type) {
    if (type == String.class) {
      return TEXT;
    }
    return type.isPrimitive() ? type.descriptorString().charAt(0) : OBJECT;
  }
}

package io.manta.objects;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Of a class whose objects, and those of its subclasses, never travel: to encode one is refused.
@Inherited
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.TYPE)
public @interface NotAValue {
  /// Why not, and what to do instead; follows the name of the class.
  String value();
}

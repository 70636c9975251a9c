"""The interchange formats of learning platforms: Aiken, GIFT, Moodle XML, QTI."""

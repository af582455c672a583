// BSONText
